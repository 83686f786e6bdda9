#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "config/nearest.hpp"

namespace config {
namespace {

constexpr Form kDuration(
    "a number of seconds, or a text such as 500ms, 10s, 5m, 1h",
    R"("type":["number","string"],"minimum":0,"pattern":"^[0-9]+(\\.[0-9]*)?(ms|s|m|h)?$","examples":["500ms","10s","5m","1h"])");
constexpr Form kSize(
    "a number of bytes, or a text such as 64KiB, 32MiB, 1GiB",
    R"("type":["integer","string"],"minimum":1,"pattern":"^[0-9]+([kKmMgG]([iI][bB])?)?$","examples":["64KiB","32MiB","1GiB"])");
constexpr std::string_view kAddress =
    R"("type":["string","integer"],"minimum":0,"maximum":65535,"minLength":1,"examples":["127.0.0.1:8080","[::1]:8080",8080,"unix:/run/llm-router.sock"])";
constexpr Form kListen("an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/llm-router.sock",
                       kAddress);
constexpr Form kListeners(
    "an address such as 127.0.0.1:8080, [::]:8080 or unix:/run/llm-router.sock, or a list of them",
    kAddress);
constexpr Form kFile("a file's path", R"("type":"string","minLength":1)");
constexpr Form kSecret(
    "a text, `${NAME}` or `${file:PATH}`",
    R"("type":["string","number"],"examples":["${NAME}","${file:/run/secrets/name}"])");

constexpr auto kKeys = std::to_array<Key>({
    {Group::root,
     "backends",
     {"a list of backends, each with `name` and `url`", R"("minItems":1)"}},
    {Group::root, "listen", kListeners},
    {Group::root, "tls", "a mapping such as {certificate: cert.pem, key: key.pem}"},
    {Group::root, "admin", "a mapping such as {listen: 127.0.0.1:9901}"},
    {Group::root,
     "api_keys",
     {"a list of keys, each a text, `${NAME}` or `${file:PATH}`",
      R"("type":"array","minItems":1,"items":{"type":["string","number"],"examples":["${NAME}","${file:/run/secrets/name}"]})"}},
    {Group::root, "refresh_interval", kDuration},
    {Group::root,
     "workers",
     {"a whole number from 1 to 256", R"("type":"integer","minimum":1,"maximum":256)"}},
    {Group::root, "limits", "a mapping such as {body: 32MiB}"},
    {Group::root, "timeouts", "a mapping such as {connect: 3s}"},
    {Group::root, "stream", "a mapping such as {commit_after: 15s}"},
    {Group::root,
     "trusted_proxies",
     {"a list of addresses or networks such as 10.0.0.0/8",
      R"("type":["array","null"],"items":{"type":"string","examples":["10.0.0.0/8","fd00::/8"]})"}},
    {Group::root, "log", "a mapping such as {level: info}"},

    {Group::admin, "listen", kListen},

    {Group::limits, "header_bytes", kSize},
    {Group::limits,
     "header_fields",
     {"a whole number from 1 to 1000", R"("type":"integer","minimum":1,"maximum":1000)"}},
    {Group::limits, "body", kSize},
    {Group::limits, "event", kSize},
    {Group::limits, "answer", kSize},
    {Group::limits, "buffered", kSize},
    {Group::limits,
     "connections",
     {"a whole number from 1 to 10000000", R"("type":"integer","minimum":1,"maximum":10000000)"}},

    {Group::timeouts, "connect", kDuration},
    {Group::timeouts, "tls", kDuration},
    {Group::timeouts, "first_token", kDuration},
    {Group::timeouts, "idle", kDuration},
    {Group::timeouts, "total", kDuration},
    {Group::timeouts, "backend_keep_alive", kDuration},
    {Group::timeouts, "header", kDuration},
    {Group::timeouts, "body_gap", kDuration},
    {Group::timeouts, "keep_alive", kDuration},
    {Group::timeouts, "drain", kDuration},
    {Group::timeouts, "shutdown_delay", kDuration},

    {Group::stream, "commit_after", kDuration},
    {Group::stream, "comment_interval", kDuration},

    {Group::log,
     "level",
     {"one of trace, debug, info, warn, error, off",
      R"("enum":["trace","debug","info","warn","error","off"])"}},
    {Group::log,
     "access",
     {"off, stdout or a file's path",
      R"("type":"string","minLength":1,"examples":["off","stdout","/var/log/llm-router/access.log"])"}},
    {Group::log, "format", {"json or text", R"("enum":["json","text"])"}},

    {Group::backend,
     "name",
     {"1 to 64 bytes without slashes and control characters",
      R"("type":["string","number"],"minLength":1,"maxLength":64,"pattern":"^[^/]*$")"}},
    {Group::backend,
     "url",
     {"an address such as http://10.0.0.5:8000 or https://api.example.com/v1",
      R"("type":"string","pattern":"^([hH][tT][tT][pP][sS]?://|.*[$][{]).*$","examples":["http://10.0.0.5:8000","https://api.example.com/v1"])"}},
    {Group::backend, "auth", "a mapping such as {type: bearer, token: \"${TOKEN}\"}"},
    {Group::backend,
     "kind",
     {"one of vllm, sglang, llama.cpp, llama.cpp-router, ollama, lm-studio, tgi, tensorrt-llm, "
      "llm-router, anthropic, openai",
      R"("enum":["vllm","sglang","llama.cpp","llama.cpp-router","ollama","lm-studio","tgi","tensorrt-llm","llm-router","anthropic","openai"])"}},
    {Group::backend,
     "models",
     {"a list of model ids; leave it out to ask the backend",
      R"("type":["array","null"],"minItems":1,"uniqueItems":true,"items":{"type":["string","number"],"minLength":1,"maxLength":256})"}},
    {Group::backend,
     "rename",
     {"a mapping of the backend's model ids to what clients see, each 1 to 256 bytes",
      R"("type":["object","null"],"minProperties":1,"propertyNames":{"minLength":1,"maxLength":256},"additionalProperties":{"type":["string","number","boolean"],"minLength":1,"maxLength":256})"}},
    {Group::backend,
     "headers",
     {"a mapping of header names to values",
      R"("type":["object","null"],"additionalProperties":{"type":["string","number","boolean"]})"}},
    {Group::backend, "timeouts", "a mapping such as {first_token: 600s}"},
    {Group::backend, "tls", "a mapping such as {ca: /etc/ssl/internal.pem}"},

    {Group::auth,
     "type",
     {"one of bearer, basic, header, forward, none",
      R"("enum":["bearer","basic","header","forward","none"])"}},
    {Group::auth, "token", kSecret},
    {Group::auth, "username", kSecret},
    {Group::auth, "password", kSecret},
    {Group::auth,
     "name",
     {"a header name such as X-API-Key", R"("type":"string","examples":["X-API-Key"])"}},
    {Group::auth, "value", kSecret},

    {Group::backend_timeouts, "connect", kDuration},
    {Group::backend_timeouts, "tls", kDuration},
    {Group::backend_timeouts, "first_token", kDuration},
    {Group::backend_timeouts, "idle", kDuration},
    {Group::backend_timeouts, "total", kDuration},
    {Group::backend_timeouts, "backend_keep_alive", kDuration},

    {Group::listener, "address", kListen},
    {Group::listener, "tls", "a mapping such as {certificate: cert.pem, key: key.pem}"},
    {Group::listener,
     "mode",
     {"an octal number such as 0660",
      R"("type":["string","integer"],"minimum":0,"maximum":777,"pattern":"^0*[0-7]{1,3}$","examples":["0660"])"}},

    {Group::listener_tls, "certificate", kFile},
    {Group::listener_tls, "key", kFile},
    {Group::served_tls, "certificate", kFile},
    {Group::served_tls, "key", kFile},

    {Group::backend_tls, "ca", kFile},
    {Group::backend_tls, "verify", {"true or false", R"("type":"boolean")"}},
    {Group::backend_tls,
     "server_name",
     {"a host name such as models.internal", R"("type":"string","examples":["models.internal"])"}},
    {Group::backend_tls, "certificate", kFile},
    {Group::backend_tls, "key", kFile},
});

}  // namespace

std::string_view prefix_of(Group group) {
  switch (group) {
    case Group::root:
      return "";
    case Group::admin:
      return "admin.";
    case Group::limits:
      return "limits.";
    case Group::timeouts:
      return "timeouts.";
    case Group::stream:
      return "stream.";
    case Group::log:
      return "log.";
    case Group::backend:
      return "backends[].";
    case Group::auth:
      return "backends[].auth.";
    case Group::backend_timeouts:
      return "backends[].timeouts.";
    case Group::backend_tls:
      return "backends[].tls.";
    case Group::listener:
      return "listen[].";
    case Group::listener_tls:
      return "listen[].tls.";
    case Group::served_tls:
      return "tls.";
  }
  return "";
}

std::span<const Key> all_keys() {
  return kKeys;
}

const Key* find_key(Group group, std::string_view name) {
  const auto* key = std::ranges::find_if(kKeys, [&](const Key& candidate) {
    return candidate.group == group && candidate.name == name;
  });
  return key == kKeys.end() ? nullptr : key;
}

std::string path_of(const Key& key) {
  return std::string(prefix_of(key.group)).append(key.name);
}

std::string suggest_key(Group group, std::string_view unknown) {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) {
    if (key.group == group) names.push_back(key.name);
  }
  if (const auto near = nearest(unknown, names))
    return "did you mean `" + std::string(*near) + "`?";

  const auto* elsewhere = std::ranges::find(kKeys, unknown, &Key::name);
  if (elsewhere != kKeys.end()) return "did you mean `" + path_of(*elsewhere) + "`?";

  std::string known = "expected one of";
  for (const std::string_view name : names) {
    known.append(name == names.front() ? " `" : ", `").append(name).append("`");
  }
  return known;
}

}  // namespace config
