#include "config/yaml_tree.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <spanstream>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/yaml_text.hpp"

namespace config {
namespace {

Position position(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

/// Our own refusals leave the parser as exceptions, the only way out of its callbacks.
struct Refused {
  YamlProblem problem;
};

[[noreturn]] void refuse(Position at, std::string message) {
  throw Refused{{at, std::move(message)}};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0)
      refuse(position(mark), "a second document; expected one document in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach(make(Node::Kind::null, mark, anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) refuse(position(mark), "an alias to nothing");
    const bool open = std::ranges::any_of(
        open_, [&](const Open& container) { return container.node == target->second; });
    if (open) refuse(position(mark), "an alias to the value that holds it");
    attach(target->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    Node* node = make(Node::Kind::text, mark, anchor);
    node->text = value;
    attach(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  YamlTree take() { return std::move(tree_); }

 private:
  /// A container that the parser is inside of, and the key that waits for its value.
  struct Open {
    Node* node;
    const Node* key = nullptr;
  };

  static void check_tag(const YAML::Mark& mark, std::string_view tag) {
    const bool implied = tag.empty() || tag == "?" || tag == "!";
    if (!implied && !tag.starts_with("tag:yaml.org,2002:")) {
      refuse(position(mark),
             "a tag; expected a plain value (put quotes around text that begins with `!`)");
    }
  }

  Node* make(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.at = position(mark);
    if (anchor != 0) anchors_[anchor] = &node;
    return &node;
  }

  void open(Node::Kind kind, const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    check_tag(mark, tag);
    // Here, since the parser recurses once for each level: deeper ones never reach its stack.
    if (open_.size() >= kMaxYamlDepth) refuse(position(mark), "nested too deep");
    open_.push_back({make(kind, mark, anchor)});
  }

  void close() {
    Node* node = open_.back().node;
    open_.pop_back();
    attach(node);
  }

  /// Puts a finished value where it belongs.
  void attach(const Node* node) {
    if (open_.empty()) {
      tree_.root = node;
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node->weight;
    if (parent.node->weight > kMaxYamlNodes) refuse(node->at, "more than 100000 values");
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(node);
    } else if (parent.key == nullptr) {
      parent.key = node;
    } else {
      parent.node->members.push_back({std::exchange(parent.key, nullptr), node});
    }
  }

  YamlTree tree_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, const Node*> anchors_;
  int documents_ = 0;
};

/// The line on which the parser gave up, for hints.
std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (text.empty()) return text;
  }
  return text.substr(0, text.find('\n'));
}

/// yaml-cpp's reason without what it quotes from the document behind a colon: an alias that
/// doesn't exist is likely a password that begins with `*` and lacks its quotes.
std::string reason(std::string_view message, std::string_view line) {
  if (message.starts_with("the referenced anchor is not defined")) {
    return "an alias to nothing; put quotes around text that begins with `*`";
  }
  std::string text = "not YAML: " + std::string(message.substr(0, message.find(':')));
  if (line.contains("${")) text += "; put quotes around text with `${` inside { } or [ ]";
  if (line.find('\t') < line.find_first_not_of(" \t")) text += "; indent by spaces, not tabs";
  return text;
}

}  // namespace

std::expected<YamlTree, YamlProblem> parse_yaml(std::string_view text) {
  if (auto problem = check_yaml_text(text)) return std::unexpected(*std::move(problem));
  try {
    std::ispanstream in(std::span(text.data(), text.size()));
    YAML::Parser parser(in);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return std::unexpected(refused.problem);
  } catch (const YAML::Exception& error) {
    const Position at = position(error.mark);
    return std::unexpected(YamlProblem{at, reason(error.msg, line_of(text, at.line))});
  } catch (const std::exception&) {
    return std::unexpected(YamlProblem{{}, "not readable as YAML"});
  }
}

}  // namespace config
