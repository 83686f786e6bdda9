#include "command_line.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sim {
namespace {

const CLI::Validator kShare = CLI::Range(0.0, 1.0).description("");

std::vector<std::string> kind_names_as_text() {
  return {kind_names().begin(), kind_names().end()};
}

std::string footer() {
  std::string text =
      "Endpoints: /v1/chat/completions, /v1/completions, /v1/responses (plain and streamed),\n"
      "/v1/embeddings, /v1/rerank, /v1/score, /v1/moderations, /tokenize, /detokenize,\n"
      "/v1/models, /health; and the pages of its KIND, such as /version, /props, /metrics.\n\n"
      "A request can ask for its own: x-sim-tokens: 5, x-sim-ttft: 2000 (ms),\n"
      "x-sim-rate: 200 (tokens/s, 0: no pause), x-sim-fault: FAULT.\n\n"
      "KIND is one of: ";
  for (const std::string_view name : kind_names())
    text += std::string(name) + (name == kind_names().back() ? "\n\n" : ", ");
  text += "FAULT, also for --fail, is one of:\n";
  for (const FaultForm& form : fault_forms()) {
    std::string left = "  " + std::string(form.name);
    if (!form.unit.empty())
      left +=
          form.number_required ? "=" + std::string(form.unit) : "[=" + std::string(form.unit) + "]";
    left.resize(std::max<std::size_t>(left.size() + 1, 26), ' ');
    text += left + std::string(form.meaning) + "\n";
  }
  return text +
         "\nExamples:\n"
         "  llm-sim --models tiny,large --ttft 300 --tokens-per-second 50\n"
         "  llm-sim --listen 127.0.0.1:0 --concurrency 4 --queue 8 --full-status 429\n"
         "  llm-sim --kind vllm --prefill 8000 --cache 500000\n"
         "  llm-sim --fail rst=2000 --fail-rate 0.05 --seed 7\n";
}

/// Empty when `text` is HOST:PORT and has been taken over.
std::string read_listen(const std::string& text, Options& options) {
  const auto colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc{} || rest != port.data() + port.size())
    return "expected HOST:PORT, such as 127.0.0.1:8000";
  options.host = text.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']'))
    options.host = options.host.substr(1, options.host.size() - 2);
  return {};
}

void add_pace(CLI::App& app, Options& options) {
  app.add_option_function<std::uint32_t>(
         "--ttft", [&](std::uint32_t ms) { options.ttft = milliseconds(ms); },
         "Time to first token, milliseconds")
      ->type_name("MS")
      ->default_str("150");
  app.add_option("--ttft-spread", options.ttft_spread,
                 "0.2 makes it vary uniformly between 80 % and 120 %")
      ->check(kShare)
      ->type_name("SHARE");
  app.add_option("--prefill", options.prefill_rate,
                 "Prompt tokens computed per second, before the time to first token; 0: at once")
      ->check(CLI::Range(0.0, 1e9).description(""))
      ->type_name("RATE");
  app.add_option("--cache", options.cache_tokens,
                 "Prompt tokens that the prefix cache holds: what it knows isn't computed again")
      ->type_name("TOKENS");
  app.add_option("--tokens-per-second", options.tokens_per_second,
                 "Pace of each stream; 0: as fast as the client reads")
      ->check(CLI::Range(0.0, 1e9).description(""))
      ->type_name("RATE");
  app.add_option("--pace-spread", options.pace_spread, "The same for each pause between tokens")
      ->check(kShare)
      ->type_name("SHARE");
  app.add_option("--tokens", options.tokens, "Length of an answer")->type_name("N");
  app.add_option("--tokens-spread", options.tokens_spread, "The same for the length")
      ->check(kShare)
      ->type_name("SHARE");
}

void add_load_and_faults(CLI::App& app, Options& options) {
  app.add_option("--concurrency", options.concurrency, "Requests that run at a time; 0: all")
      ->type_name("N");
  app.add_option("--queue", options.queue, "Requests that may wait for their turn")->type_name("N");
  app.add_option("--full-status", options.full_status, "Status for those beyond: 429, 503 or 529")
      ->check(CLI::IsMember({429, 503, 529}).description(""))
      ->type_name("");
  app.add_option_function<std::string>(
         "--fail",
         [&](const std::string& text) {
           const auto fault = parse_fault(text);
           if (!fault) throw CLI::ValidationError("--fail", fault.error());
           options.fault = *fault;
         },
         "What goes wrong with every POST request, see below")
      ->type_name("FAULT");
  app.add_option("--fail-rate", options.fault_rate, "… or with this share of them")
      ->check(kShare)
      ->type_name("SHARE");
  app.add_option("--fail-path", options.fault_path,
                 "… or with all requests whose path begins so, GET /v1/models too")
      ->type_name("PREFIX");
}

}  // namespace

std::expected<Options, int> parse_command_line(int argc, const char* const* argv) {
  Options options;
  CLI::App app("llm-sim: a simulator of OpenAI-compatible inference servers.\n");
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", std::string("llm-sim ") + LLM_ROUTER_VERSION);
  app.footer(footer());
  app.add_option_function<std::string>(
         "--listen",
         [&](const std::string& text) {
           const std::string mistake = read_listen(text, options);
           if (!mistake.empty()) throw CLI::ValidationError("--listen", mistake);
         },
         "Where to listen; port 0 takes a free one and prints it")
      ->type_name("HOST:PORT")
      ->default_str("127.0.0.1:8000");
  app.add_option("--models", options.models, "Names of the models served, separated by commas")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option_function<std::string>(
         "--kind", [&](const std::string& name) { options.kind = *kind_named(name); },
         "Pretend to be such an engine: its model list, its own pages, its gauges")
      ->check(CLI::IsMember(kind_names_as_text()).description(""))
      ->type_name("KIND")
      ->default_str("openai");
  app.add_option("--api-key", options.api_key, "Key that requests must bear")->type_name("KEY");
  add_pace(app, options);
  add_load_and_faults(app, options);
  app.add_option("--seed", options.seed, "The same seed repeats the same run")->type_name("N");
  app.add_flag("--verbose", options.verbose, "A line on standard error for each request");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error));
  }
  return options;
}

}  // namespace sim
