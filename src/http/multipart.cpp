#include "http/multipart.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/try.hpp"
#include "http/multipart_head.hpp"

namespace http {
namespace {

using base::ErrorCode;

constexpr std::size_t kPiece = 8 * 1024;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

auto refuse(std::string message) {
  return base::fail(ErrorCode::bad_request, std::move(message));
}

/// Linear whatever is searched for, unlike std::string_view::find.
std::size_t find(std::string_view text, std::string_view needle, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* found =
      ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool agree(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return a.substr(0, size) == b.substr(0, size);
}

}  // namespace

MultipartScanner::MultipartScanner(std::string_view boundary, std::vector<std::string_view> fields)
    : needle_("--" + std::string(boundary)) {
  for (const std::string_view name : fields)
    fields_.push_back({.name = name});
}

base::Result<void> MultipartScanner::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    window_.erase(0, std::exchange(at_, 0));
    window_.append(piece);
    for (auto progress = Progress::more; progress == Progress::more;) {
      TRY(progress, step());
    }
  }
  return {};
}

base::Result<void> MultipartScanner::finish() const {
  const std::string_view rest = pending();
  if (state_ == State::epilogue && (rest.empty() || rest == kLineEnd)) return {};
  return refuse("The form has no end: its closing delimiter is missing.");
}

base::Result<MultipartScanner::Progress> MultipartScanner::step() {
  switch (state_) {
    case State::start:
      return take_start();
    case State::after_delimiter:
      return take_line_end();
    case State::head:
      return take_head();
    case State::content:
      return take_content();
    case State::epilogue:
      break;
  }
  if (pending().size() > kLineEnd.size() || !agree(pending(), kLineEnd)) {
    return refuse("Something follows the form's closing delimiter.");
  }
  return Progress::stuck;
}

base::Result<MultipartScanner::Progress> MultipartScanner::take_start() {
  if (!agree(pending(), needle_)) {
    return refuse("The body doesn't begin with the boundary that its `Content-Type` names.");
  }
  if (pending().size() < needle_.size()) return Progress::stuck;
  drop(needle_.size());
  state_ = State::after_delimiter;
  return Progress::more;
}

base::Result<MultipartScanner::Progress> MultipartScanner::take_line_end() {
  if (pending().size() < 2) return Progress::stuck;
  const std::string_view end = pending().substr(0, 2);
  if (end != kLineEnd && end != "--") {
    return refuse("A line of the form begins with its boundary but is no delimiter.");
  }
  state_ = end == kLineEnd ? State::head : State::epilogue;
  drop(2);
  if (state_ == State::head && ++parts_ > kMaxParts) {
    return refuse("The form has more than " + std::to_string(kMaxParts) + " parts.");
  }
  return Progress::more;
}

base::Result<MultipartScanner::Progress> MultipartScanner::take_head() {
  const std::size_t end = pending().find(kHeadEnd, searched_);
  if (std::min(end, pending().size()) > kMaxPartHead) {
    return refuse("The header of a part is larger than " + std::to_string(kMaxPartHead) +
                  " bytes.");
  }
  if (end == std::string_view::npos) {
    searched_ = std::max(pending().size(), kHeadEnd.size()) - kHeadEnd.size();
    return Progress::stuck;
  }
  TRY_VOID(begin_part(pending().substr(0, end)));
  drop(end + kHeadEnd.size());
  reading_ = {.text = {}, .at = dropped_};
  state_ = State::content;
  return Progress::more;
}

base::Result<void> MultipartScanner::begin_part(std::string_view text) {
  TRY(const PartHead head, read_part_head(text));
  const std::string folded = fold_field_name(head.name);
  const auto field = std::ranges::find(fields_, std::string_view(folded), &Field::name);
  if (field == fields_.end()) return {};
  const std::string quoted = '`' + std::string(field->name) + '`';
  if (head.name != field->name) {
    return base::fail(ErrorCode::duplicate_key,
                      "A field's name is another spelling of " + quoted + '.', field->name);
  }
  if (std::exchange(field->seen, true)) {
    return base::fail(ErrorCode::duplicate_key, quoted + " occurs twice.", field->name);
  }
  if (head.is_file || head.is_encoded) {
    return base::fail(ErrorCode::invalid_model,
                      quoted + " must be a plain field, neither a file nor encoded.", field->name);
  }
  current_ = &*field;
  return {};
}

base::Result<MultipartScanner::Progress> MultipartScanner::take_content() {
  const std::string_view text = pending();
  const std::size_t found = find(text, needle_, searched_);
  if (found == std::string_view::npos) {
    // The rest may be the beginning of a delimiter, or of the two bytes before it.
    const std::size_t rest = needle_.size() - 1 + kLineEnd.size();
    const std::size_t passed = std::max(text.size(), rest) - rest;
    const std::size_t searched = searched_;
    TRY_VOID(keep(text.substr(0, passed)));
    drop(passed);
    searched_ = searched - std::min(searched, passed);
    return Progress::stuck;
  }
  const std::string_view before = text.substr(0, found);
  if (before.ends_with(kLineEnd)) {
    TRY_VOID(keep(before.substr(0, found - kLineEnd.size())));
    drop(found + needle_.size());
    end_part();
    state_ = State::after_delimiter;
    return Progress::more;
  }
  // An empty content begins a line, too.
  if (before.empty() || before.back() == '\n' || before.back() == '\r') {
    TRY_VOID(keep(before));  // the first fault is told, however the bytes were cut
    return refuse("A line of the form begins with its boundary but is no delimiter.");
  }
  searched_ = found + 1;
  return Progress::more;
}

base::Result<void> MultipartScanner::keep(std::string_view content) {
  if (current_ == nullptr) return {};
  if (reading_.text.size() + content.size() > kMaxValue) {
    return base::fail(ErrorCode::invalid_model,
                      '`' + std::string(current_->name) + "` must not be longer than " +
                          std::to_string(kMaxValue) + " bytes.",
                      current_->name);
  }
  reading_.text.append(content);
  return {};
}

void MultipartScanner::end_part() {
  if (current_ == nullptr) return;
  current_->value = std::move(reading_);
  current_ = nullptr;
}

void MultipartScanner::drop(std::size_t bytes) {
  at_ += bytes;
  dropped_ += bytes;
  searched_ = 0;
}

}  // namespace http
