#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "http/sse.hpp"

/// For the tests of the SSE scanner: a relay in small, and the standard as an oracle.
namespace http {

struct Message {
  std::string name;
  std::string data;
  bool operator==(const Message&) const = default;
};

inline void PrintTo(const Message& message, std::ostream* out) {
  *out << "{" << message.name << "|" << testing::PrintToString(message.data) << "}";
}

struct Outcome {
  std::vector<Message> messages;  // the events with data
  std::vector<std::string> blocks;
  std::string bytes;     // all blocks
  std::string stripped;  // what a relay would send
  std::string left;      // half an event at the end
};

/// Feeds `stream` in the pieces that end at `cuts`, as a relay does.
inline Outcome feed(std::string_view stream, std::vector<std::size_t> cuts) {
  SseScanner scanner;
  Outcome outcome;
  std::string pending;
  std::size_t begin = 0;
  cuts.push_back(stream.size());
  for (const std::size_t cut : cuts) {
    pending += stream.substr(begin, cut - begin);
    begin = cut;
    pending.shrink_to_fit();  // moves the bytes now and then
    while (const auto event = scanner.next(pending)) {
      if (event->has_data)
        outcome.messages.push_back({std::string(event->name), std::string(event->data)});
      outcome.blocks.emplace_back(event->bytes);
      outcome.bytes += event->bytes;
      if (event->must_strip) {
        append_stripped(outcome.stripped, *event);
      } else {
        outcome.stripped += event->bytes;
      }
      EXPECT_FALSE(event->bytes.empty());
      pending.erase(0, event->bytes.size());
    }
  }
  outcome.left = pending;
  return outcome;
}

inline std::vector<std::size_t> every_byte(std::string_view stream) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < stream.size(); ++at) {
    cuts.push_back(at);
  }
  return cuts;
}

/// The standard read literally, over the whole stream at once: the oracle.
inline std::vector<Message> dispatched_by_the_standard(std::string_view stream) {
  if (stream.starts_with("\xEF\xBB\xBF")) stream.remove_prefix(3);
  std::vector<Message> messages;
  std::string name;
  std::string data;
  std::string line;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\n' && stream[i] != '\r') {
      line += stream[i];
      continue;
    }
    if (stream[i] == '\r' && stream.substr(i + 1).starts_with('\n')) ++i;
    const std::size_t colon = line.find(':');
    const std::string field = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (field == "event") name = value;
    if (field == "data") data += value + '\n';
    if (line.empty()) {
      if (data.find_first_not_of('\n') != std::string::npos) {
        messages.push_back({name, data.substr(0, data.size() - 1)});
      }
      name.clear();
      data.clear();
    }
    line.clear();
  }
  return messages;
}

}  // namespace http
