#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "json/scan_oracle.hpp"

// Random texts, valid and broken, with fixed seeds: our reading must be simdjson's.

namespace json {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string body() {
    std::string out = space() + "{";
    const std::size_t members = below(6);
    for (std::size_t i = 0; i < members; ++i) {
      if (i != 0) out += ",";
      out += space() + name() + space() + ":" + space() + value(below(5)) + space();
    }
    return out + "}" + space();
  }

  /// Changes a few bytes: overwrites, inserts, removes, doubles a stretch, cuts.
  std::string broken(std::string text) {
    constexpr std::string_view kBytes =
        "{}[]\",:\\ \n\t0123456789-+.eEtfnu\"\\\x80\xc3\xa9\x01\x7f";
    for (std::size_t times = 1 + below(3); times != 0 && !text.empty(); --times) {
      const std::size_t at = below(text.size());
      const std::string byte(1, kBytes[below(kBytes.size())]);
      switch (below(5)) {
        case 0:
          text.replace(at, 1, byte);
          break;
        case 1:
          text.insert(at, byte);
          break;
        case 2:
          text.erase(at, 1 + below(3));
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), below(20)));
          break;
        default:
          if (below(4) == 0) text.resize(at);
      }
    }
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_.next() % limit; }

  std::string space() {
    constexpr std::string_view kSpaces = " \n\t\r";
    std::string out;
    if (below(3) != 0) return out;
    for (std::size_t size = below(below(8) == 0 ? 40 : 3); size != 0; --size) {
      out += kSpaces[below(kSpaces.size())];
    }
    return out;
  }

  std::string name() {
    constexpr std::string_view kNames[] = {"\"model\"",       "\"stream\"", "\"messages\"", "\"n\"",
                                           "\"m\\u006fdel\"", "\"Model\"",  "\"\""};
    return below(2) == 0 ? std::string(kNames[below(std::size(kNames))]) : string();
  }

  std::string string() {
    constexpr std::string_view kPieces[] = {
        "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "é", "日本", "\xf0\x9f\x98\x80",
        "{",   "]",    ", ",   "\\/"};
    std::string out = "\"";
    for (std::size_t pieces = below(below(4) == 0 ? 30 : 4); pieces != 0; --pieces) {
      if (below(3) == 0) {
        out += kPieces[below(std::size(kPieces))];
      } else {
        out.append(below(30), static_cast<char>('a' + below(26)));
      }
    }
    return out + "\"";
  }

  std::string number() {
    std::string out = below(2) == 0 ? "-" : "";
    out += below(3) == 0 ? "0" : std::to_string(1 + below(1'000'000));
    if (below(12) == 0) out.append(out.back() == '0' && out.size() < 3 ? 0 : below(40), '7');
    if (below(3) == 0) out += "." + std::to_string(below(100'000));
    if (below(4) == 0) out += below(2) == 0 ? "e-7" : "E400";
    return out;
  }

  std::string value(std::size_t depth) {
    constexpr std::string_view kWords[] = {"true", "false", "null"};
    switch (below(depth == 0 ? 4 : 6)) {
      case 0:
        return number();
      case 1:
      case 2:
        return string();
      case 3:
        return std::string(kWords[below(3)]);
      case 4:
        return container(depth, "[", "]", false);
      default:
        return container(depth, "{", "}", true);
    }
  }

  std::string container(std::size_t depth, std::string_view open, std::string_view close,
                        bool named) {
    std::string out(open);
    for (std::size_t count = below(5), i = 0; i < count; ++i) {
      if (i != 0) out += "," + space();
      if (named) out += string() + space() + ":" + space();
      out += value(depth - 1);
    }
    return out.append(space()).append(close);
  }

  base::Random random_;
};

TEST(Differential, ValidTextsAreReadAsSimdjsonReadsThem) {
  Generator generator(20'261'123);
  for (int round = 0; round < 4'000; ++round) {
    const std::string text = generator.body();
    ASSERT_TRUE(validate(text)) << text;
    ASSERT_EQ(oracle::find_disagreement(text), "") << text;
  }
}

TEST(Differential, BrokenTextsAreJudgedAsSimdjsonJudgesThem) {
  Generator generator(4);
  int refused = 0;
  for (int round = 0; round < 8'000; ++round) {
    const std::string text = generator.broken(generator.body());
    ASSERT_EQ(oracle::find_disagreement(text), "") << text;
    if (!validate(text)) ++refused;
  }
  EXPECT_GT(refused, 2'000);
  EXPECT_LT(refused, 7'600);
}

TEST(Differential, EveryPrefixOfATextIsReadWithinItsBounds) {
  Generator generator(77);
  for (int round = 0; round < 20; ++round) {
    const std::string text = generator.body();
    for (std::size_t size = 0; size < text.size(); ++size) {
      ASSERT_EQ(oracle::find_disagreement(text.substr(0, size)), "") << text.substr(0, size);
    }
  }
}

}  // namespace
}  // namespace json
