#include "metrics/exposition.hpp"

#include <array>
#include <cstdlib>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/definitions.hpp"
#include "metrics/text_writer.hpp"

namespace metrics {
namespace {

// A reader of the text format, written from its description and sharing nothing with the writer.
struct Parsed {
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;  // by the name with its labels, as they stand
  std::vector<std::string> complaints;
};

std::string family_of(const std::string& name, const Parsed& parsed) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const std::string stem = name.substr(0, name.size() - std::string_view(suffix).size());
    const auto type = parsed.types.find(stem);
    if (type != parsed.types.end() && type->second == "histogram") return stem;
  }
  return name;
}

Parsed parse(const std::string& text) {
  static const std::regex kHelp(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) [^\n]+)");
  static const std::regex kType(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
  static const std::string kLabel = R"re([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*")re";
  static const std::regex kSample("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(" + kLabel + "(?:," + kLabel +
                                  ")*)\\})? ([^ ]+)");
  Parsed parsed;
  std::string family;
  std::size_t at = 0;
  for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string line = text.substr(at, end - at);
    std::smatch m;
    if (std::regex_match(line, m, kHelp)) {
      family = m[1];
    } else if (std::regex_match(line, m, kType)) {
      if (m[1] != family) parsed.complaints.push_back("TYPE without its HELP: " + line);
      if (!parsed.types.emplace(m[1], m[2]).second) parsed.complaints.push_back("twice: " + line);
    } else if (std::regex_match(line, m, kSample)) {
      const std::string value = m[3];
      char* rest = nullptr;
      const double number = std::strtod(value.c_str(), &rest);
      if (*rest != '\0') parsed.complaints.push_back("not a number: " + line);
      if (family_of(m[1], parsed) != family) parsed.complaints.push_back("misplaced: " + line);
      if (!parsed.samples.emplace(line.substr(0, line.rfind(' ')), number).second) {
        parsed.complaints.push_back("twice: " + line);
      }
    } else {
      parsed.complaints.push_back("neither comment nor sample: " + line);
    }
  }
  if (at != text.size()) parsed.complaints.emplace_back("no newline at the end");
  return parsed;
}

Facts facts() {
  Facts out;
  out.error_names.fill("some_error");
  out.error_names[static_cast<std::size_t>(base::ErrorCode::upstream_timeout)] = "upstream_timeout";
  out.error_names[static_cast<std::size_t>(base::ErrorCode::invalid_api_key)] = "invalid_api_key";
  out.router.version = "1.2.3";
  out.router.workers = 2;
  out.router.ready = true;
  out.router.access_log_lines_dropped = 7;
  out.process.cpu_seconds = 1.5;
  return out;
}

class ExpositionTest : public testing::Test {
 protected:
  Parsed scrape(std::span<const DiscoveryFacts> backends = {}) {
    const std::array<const WorkerMetrics*, 2> workers = {&one_, &two_};
    Parsed parsed = parse(expose(workers, facts(), backends));
    for (const std::string& complaint : parsed.complaints)
      ADD_FAILURE() << complaint;
    return parsed;
  }

  WorkerMetrics one_;
  WorkerMetrics two_;
};

TEST_F(ExpositionTest, HasEveryMetricAndNoOther) {
  const Parsed parsed = scrape();
  std::set<std::string> expected;
  for (const Definition& d : kDefinitions)
    expected.emplace(d.name);
  std::set<std::string> found;
  for (const auto& [name, type] : parsed.types)
    found.insert(name);
  EXPECT_EQ(found, expected);
}

TEST_F(ExpositionTest, EverySampleHasTheDeclaredLabels) {
  RequestCells& cells = one_.cells("m", "b");
  cells.statuses.add(200);
  cells.errors.add(base::ErrorCode::upstream_timeout);
  cells.duration.observe(0.1);
  cells.first_token.observe(0.1);
  const std::vector<DiscoveryFacts> backends = {{.backend = "b", .age_seconds = 1.0}};
  const Parsed parsed = scrape(backends);
  std::set<std::string> seen;
  for (const auto& [sample, value] : parsed.samples) {
    const std::string name = family_of(sample.substr(0, sample.find('{')), parsed);
    std::string labels;
    static const std::regex kName(R"re(([a-z]+)=")re");
    for (auto it = std::sregex_iterator(sample.begin(), sample.end(), kName);
         it != std::sregex_iterator(); ++it) {
      if ((*it)[1] == "le") continue;
      labels += (labels.empty() ? "" : ",") + (*it)[1].str();
    }
    for (const Definition& d : kDefinitions) {
      if (d.name == name) EXPECT_EQ(labels, d.labels) << sample;
    }
    seen.insert(name);
  }
  EXPECT_EQ(seen.size(), kDefinitions.size());
}

TEST_F(ExpositionTest, SumsOverWorkers) {
  one_.cells("m", "b").statuses.add(200);
  two_.cells("m", "b").statuses.add(200);
  two_.cells("m", "b").statuses.add(502);
  two_.cells("m", "b").errors.add(base::ErrorCode::upstream_timeout);
  two_.cells("m", "b2").statuses.add(200);
  one_.unrouted().statuses.add(401);
  one_.unrouted().errors.add(base::ErrorCode::invalid_api_key);
  one_.cells("m", "b").in_flight.add(2);
  two_.cells("m", "b").in_flight.add(3);
  one_.cells("m", "b").bytes_in.add(100);
  two_.cells("m", "b").bytes_out.add(1000);
  one_.connections_open.add(4);
  two_.connections_open.add(5);
  two_.connections_accepted.add(9);
  const auto samples = scrape().samples;
  EXPECT_EQ(samples.at(R"(llm_router_requests_total{model="m",backend="b",status="200"})"), 2);
  EXPECT_EQ(samples.at(R"(llm_router_requests_total{model="m",backend="b",status="502"})"), 1);
  EXPECT_EQ(samples.at(R"(llm_router_requests_total{model="m",backend="b2",status="200"})"), 1);
  EXPECT_EQ(samples.at(R"(llm_router_requests_total{model="",backend="",status="401"})"), 1);
  EXPECT_EQ(samples.at(R"(llm_router_errors_total{model="m",backend="b",code="upstream_timeout"})"),
            1);
  EXPECT_EQ(samples.at(R"(llm_router_errors_total{model="",backend="",code="invalid_api_key"})"),
            1);
  EXPECT_EQ(samples.at(R"(llm_router_requests_in_flight{model="m",backend="b"})"), 5);
  EXPECT_EQ(samples.at(R"(llm_router_request_bytes_total{model="m",backend="b"})"), 100);
  EXPECT_EQ(samples.at(R"(llm_router_response_bytes_total{model="m",backend="b"})"), 1000);
  EXPECT_EQ(samples.at("llm_router_connections_open"), 9);
  EXPECT_EQ(samples.at("llm_router_connections_accepted_total"), 9);
  EXPECT_EQ(samples.at("llm_router_workers"), 2);
}

TEST_F(ExpositionTest, Histograms) {
  one_.cells("m", "b").duration.observe(0.004);
  one_.cells("m", "b").duration.observe(0.03);
  two_.cells("m", "b").duration.observe(0.03);
  two_.cells("m", "b").duration.observe(1000);
  const auto samples = scrape().samples;
  const auto at = [&](const std::string& part, const std::string& le = "") {
    const std::string labels =
        R"(model="m",backend="b")" + (le.empty() ? "" : ",le=\"" + le + "\"");
    return samples.at("llm_router_request_duration_seconds" + part + "{" + labels + "}");
  };
  EXPECT_EQ(at("_bucket", "0.005"), 1);
  EXPECT_EQ(at("_bucket", "0.025"), 1);
  EXPECT_EQ(at("_bucket", "0.05"), 3);
  EXPECT_EQ(at("_bucket", "600"), 3);
  EXPECT_EQ(at("_bucket", "+Inf"), 4);
  EXPECT_EQ(at("_count"), 4);
  EXPECT_DOUBLE_EQ(at("_sum"), 0.004 + 0.03 + 0.03 + 1000);
  EXPECT_FALSE(
      samples.contains(R"(llm_router_time_to_first_token_seconds_count{model="m",backend="b"})"));
}

TEST_F(ExpositionTest, Backends) {
  const std::vector<DiscoveryFacts> backends = {
      {.backend = "a", .up = true, .age_seconds = 12.5, .models = 3, .failures = 1},
      {.backend = "b"}};
  const auto samples = scrape(backends).samples;
  EXPECT_EQ(samples.at(R"(llm_router_backend_up{backend="a"})"), 1);
  EXPECT_EQ(samples.at(R"(llm_router_backend_up{backend="b"})"), 0);
  EXPECT_EQ(samples.at(R"(llm_router_backend_models{backend="a"})"), 3);
  EXPECT_EQ(samples.at(R"(llm_router_discovery_age_seconds{backend="a"})"), 12.5);
  EXPECT_FALSE(samples.contains(R"(llm_router_discovery_age_seconds{backend="b"})"));
  EXPECT_EQ(samples.at(R"(llm_router_discovery_failures_total{backend="a"})"), 1);
}

TEST_F(ExpositionTest, ProcessAndRouter) {
  const auto samples = scrape().samples;
  EXPECT_EQ(samples.at(R"(llm_router_build_info{version="1.2.3"})"), 1);
  EXPECT_EQ(samples.at("llm_router_ready"), 1);
  EXPECT_EQ(samples.at("llm_router_draining"), 0);
  EXPECT_EQ(samples.at("llm_router_access_log_lines_dropped_total"), 7);
  EXPECT_EQ(samples.at("process_cpu_seconds_total"), 1.5);
}

TEST_F(ExpositionTest, HostileNamesStayWithinTheirLabel) {
  one_.cells("a\"} 1\nevil{x=\"\\", "\x1b\xff").statuses.add(200);
  const auto samples = scrape().samples;
  EXPECT_EQ(samples.count("llm_router_requests_total{model=\"a\\\"} 1\\nevil{x=\\\"\\\\\","
                          "backend=\"\ufffd\ufffd\",status=\"200\"}"),
            1U);
}

TEST_F(ExpositionTest, MoreStatusesThanSlotsAreCountedTogether) {
  for (int i = 0; i < 20; ++i)
    one_.cells("m", "b").statuses.add(500 + i);
  EXPECT_EQ(
      scrape().samples.at(R"(llm_router_requests_total{model="m",backend="b",status="other"})"), 4);
}

TEST(NumberText, ReadsBackTheSame) {
  EXPECT_EQ(number_text(0.005), "0.005");
  EXPECT_EQ(number_text(600), "600");
  EXPECT_EQ(number_text(1e300), "1e+300");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(ProcessFacts, AreReadFromTheKernel) {
  const ProcessFacts facts = read_process_facts();
  EXPECT_GT(facts.resident_bytes, 1U << 20U);
  EXPECT_GE(facts.virtual_bytes, facts.resident_bytes);
  EXPECT_GE(facts.open_fds, 3U);
  EXPECT_GE(facts.max_fds, facts.open_fds);
  EXPECT_GT(facts.cpu_seconds, 0);
}

}  // namespace
}  // namespace metrics
