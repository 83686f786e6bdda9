#include "text.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace sim {
namespace {

constexpr std::array<std::string_view, 7> kSentences = {
    "The router says hello, and so does the simulated model behind it.",
    "Nobody has trained me, yet each word you read is an event of its own, sent at a steady pace "
    "and passed on the moment it came.",
    "Put a real engine in my place, and nothing else has to change.",
    "Until then I can be slow, or crowded, or broken in the middle of a sentence, whichever you "
    "ask for.",
    "A good proxy notices, says so in plain words, and never pretends that half an answer was "
    "whole.",
    "When the client leaves, the work stops, and somebody else gets the turn.",
    "That is the whole trick: one request, one straight line, and an honest end.",
};

/// All words in their order, and where each sentence begins among them.
struct Words {
  std::vector<std::string_view> words;
  std::vector<std::size_t> sentences;
};

Words split() {
  Words result;
  for (std::string_view sentence : kSentences) {
    result.sentences.push_back(result.words.size());
    while (!sentence.empty()) {
      const auto space = sentence.find(' ');
      result.words.push_back(sentence.substr(0, space));
      sentence.remove_prefix(space == std::string_view::npos ? sentence.size() : space + 1);
    }
  }
  return result;
}

const Words& all() {
  static const Words words = split();
  return words;
}

}  // namespace

std::string token(unsigned voice, std::size_t index) {
  const Words& text = all();
  const std::size_t start = text.sentences[voice % text.sentences.size()];
  const std::string_view word = text.words[(start + index) % text.words.size()];
  return (index == 0 ? "" : " ") + std::string(word);
}

std::string prose(unsigned voice, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += token(voice, i);
  return text;
}

}  // namespace sim
