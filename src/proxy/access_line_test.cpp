#include "proxy/access_line.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace proxy {
namespace {

using namespace std::chrono_literals;

AccessRecord record() {
  return {.time = base::WallClock::time_point(1'795'451'005'042ms),
          .request_id = "req-1",
          .client = "127.0.0.1",
          .method = "POST",
          .path = "/v1/chat/completions",
          .model = "org/model:8b",
          .backend = "local",
          .error_code = "",
          .status = 200,
          .bytes_in = 300,
          .bytes_out = 18'446'744'073'709'551'615U,
          .connect = 120us,
          .first_byte = 12'034us,
          .total = 61'000'007us,
          .streamed = true};
}

std::string json(const AccessRecord& r) {
  return std::string(AccessLineFormatter(base::LogFormat::json).format(r));
}

std::string text(const AccessRecord& r) {
  return std::string(AccessLineFormatter(base::LogFormat::text).format(r));
}

TEST(AccessLine, Json) {
  EXPECT_EQ(json(record()),
            R"({"time":"2026-11-23T16:23:25.042Z","request_id":"req-1","client":"127.0.0.1",)"
            R"("method":"POST","path":"/v1/chat/completions","model":"org/model:8b",)"
            R"("backend":"local","status":200,"bytes_in":300,"bytes_out":18446744073709551615,)"
            R"("connect_ms":0.120,"first_byte_ms":12.034,"total_ms":61000.007,"streamed":true,)"
            R"("error_code":""})"
            "\n");
}

TEST(AccessLine, JsonOfARequestThatGotNowhere) {
  AccessRecord r = record();
  r.model = r.backend = "";
  r.connect = r.first_byte = std::nullopt;
  r.total = -5us;  // never negative, whatever the caller's clock did
  r.streamed = false;
  r.status = 401;
  r.error_code = "invalid_api_key";
  const std::string line = json(r);
  EXPECT_NE(line.find(R"("model":"","backend":"","status":401)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("connect_ms":null,"first_byte_ms":null,"total_ms":0.000,)"
                      R"("streamed":false,"error_code":"invalid_api_key"})"),
            std::string::npos)
      << line;
}

TEST(AccessLine, Text) {
  EXPECT_EQ(text(record()),
            "2026-11-23T16:23:25.042Z request_id=req-1 client=127.0.0.1 method=POST "
            "path=/v1/chat/completions model=org/model:8b backend=local status=200 bytes_in=300 "
            "bytes_out=18446744073709551615 connect_ms=0.120 first_byte_ms=12.034 "
            "total_ms=61000.007 streamed=true error_code=-\n");
  AccessRecord r = record();
  r.model = "a b\" status=500\n";
  r.connect = r.first_byte = std::nullopt;
  const std::string line = text(r);
  EXPECT_NE(line.find(R"( model="a b\" status=500\n" backend=local)"), std::string::npos) << line;
  EXPECT_NE(line.find("connect_ms=- first_byte_ms=- total_ms="), std::string::npos) << line;
}

TEST(AccessLine, HasTheDeclaredFieldsInOrder) {
  const std::string line = json(record());
  const std::regex key(R"re([{,]"([a-z_]+)":)re");
  std::vector<std::string> keys;
  for (auto it = std::sregex_iterator(line.begin(), line.end(), key); it != std::sregex_iterator();
       ++it) {
    keys.push_back((*it)[1]);
  }
  std::vector<std::string> declared;
  for (const AccessField& field : kAccessFields)
    declared.emplace_back(field.name);
  EXPECT_EQ(keys, declared);
}

TEST(AccessLine, TheDeclaredFieldsAreDocumented) {
  std::ifstream file(LLM_ROUTER_CORPORA "/../../docs/operations.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  std::string table = "| field | meaning |\n|---|---|\n";
  for (const AccessField& field : kAccessFields) {
    table.append("| `").append(field.name).append("` | ").append(field.meaning).append(" |\n");
  }
  EXPECT_NE(page.find(table + "\n"), std::string::npos) << "docs/operations.md lacks:\n" << table;
}

TEST(AccessLine, WhatAClientSendsCantForgeALine) {
  AccessRecord r = record();
  r.model = "a\n{\"level\":\"info\"}";
  r.path = "/\x1b[2J\xff";
  const std::string line = json(r);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find(R"("model":"a\n{\"level\":\"info\"}")"), std::string::npos) << line;
  EXPECT_NE(line.find("\"path\":\"/\\u001b[2J\ufffd\""), std::string::npos) << line;
}

TEST(AccessLine, TheLongestLineFits) {
  for (const char c : {'\x01', '\xff', '"', 'x', ' '}) {
    const std::string huge(100'000, c);
    AccessRecord r = record();
    r.request_id = r.client = r.method = r.path = r.model = r.backend = r.error_code = huge;
    r.status = 599;
    r.bytes_in = r.bytes_out = UINT64_MAX;
    r.connect = r.first_byte = r.total = base::Duration::max();
    EXPECT_TRUE(json(r).ends_with("\u2026\"}\n"));
    EXPECT_TRUE(text(r).ends_with("\u2026\"\n"));
  }
}

}  // namespace
}  // namespace proxy
