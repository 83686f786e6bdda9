#include "config/references.hpp"

#include <algorithm>
#include <cstddef>

namespace config {
namespace {

constexpr std::string_view kFilePrefix = "file:";

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || is_digit(c); });
}

bool is_path(std::string_view path) {
  return !path.empty() && std::ranges::none_of(path, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::optional<std::string> look_up(const SecretSource::Lookup& lookup, std::string_view name) {
  return lookup ? lookup(name) : std::nullopt;
}

/// The value of what stands between `${` and `}`, or the problem with it.
struct Resolved {
  std::string value;
  std::string problem;
};

Resolved resolve(std::string_view reference, const SecretSource& secrets) {
  const bool is_file = reference.starts_with(kFilePrefix);
  const std::string_view name = is_file ? reference.substr(kFilePrefix.size()) : reference;
  if (is_file ? !is_path(name) : !is_variable_name(name)) {
    return {{}, "holds a reference that is not valid; expected `${NAME}` or `${file:PATH}`"};
  }
  const std::string what =
      (is_file ? "file `" : "environment variable `") + std::string(name) + "`";
  auto value = look_up(is_file ? secrets.file : secrets.env, name);
  if (!value) {
    return {{},
            is_file ? "needs the " + what + ", which cannot be read"
                    : "needs the " + what + ", which is not set"};
  }
  if (is_file) value->resize(value->find_last_not_of("\r\n") + 1);
  if (value->empty()) return {{}, "needs the " + what + ", which is empty"};
  return {*std::move(value), {}};
}

}  // namespace

std::optional<Expanded> expand(std::string_view text, const SecretSource& secrets,
                               std::string_view path, Position at, Findings& findings) {
  Expanded result;
  bool good = true;
  const auto fault = [&](std::string_view problem) {
    findings.error(at, "`" + std::string(path) + "` " + std::string(problem));
    good = false;
  };
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find("${"), text.size());
    const bool escaped = dollar > 0 && dollar < text.size() && text[dollar - 1] == '$';
    result.text.append(text.substr(0, dollar));
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (escaped) {  // `$${`: the first dollar stands for itself, the second for nothing
      result.text += '{';
      text.remove_prefix(2);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      fault("holds `${` without `}`; expected `${NAME}`, or `$${` for the text itself");
      break;
    }
    auto [value, problem] = resolve(text.substr(2, end - 2), secrets);
    if (!problem.empty()) fault(problem);
    result.text += value;
    result.literal = false;
    text.remove_prefix(end + 1);
  }
  if (!good) return std::nullopt;
  return result;
}

}  // namespace config
