#include "http/sse.hpp"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace http {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// `unwanted` is what must not reach a client. Besides `id` and `retry` that is a name that begins
/// with a byte-order mark: it means nothing, but if all before it is taken out it would stand at
/// the start of the client's stream, which drops the mark and so gives the line a meaning.
enum class Field : std::uint8_t { comment, data, event, error, unwanted, unknown };

struct Line {
  Field field;
  std::string_view value;
};

Field field_of(std::string_view name) {
  if (name == "data") return Field::data;
  if (name == "event") return Field::event;
  if (name == "error") return Field::error;
  if (name == "id" || name == "retry" || name.starts_with(kBom)) return Field::unwanted;
  return name.empty() ? Field::comment : Field::unknown;
}

/// `line` is not empty and has no line end.
Line parse_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {field_of(line), line.substr(line.size())};
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return {field_of(line.substr(0, colon)), value};
}

bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

/// The first LF or CR at or after `from`, or text.size(). The one loop that sees every byte.
std::size_t find_line_end(std::string_view text, std::size_t from) {
  std::size_t at = from;
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  const auto hits = [&](std::size_t offset) {
    __m128i block;
    std::memcpy(&block, text.data() + offset, sizeof block);
    return _mm_or_si128(_mm_cmpeq_epi8(block, lf), _mm_cmpeq_epi8(block, cr));
  };
  for (; at + 32 <= text.size(); at += 32) {
    const __m128i low = hits(at);
    const __m128i high = hits(at + 16);
    if (_mm_movemask_epi8(_mm_or_si128(low, high)) == 0) continue;
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(low)) |
                      static_cast<std::uint32_t>(_mm_movemask_epi8(high)) << 16U;
    return at + static_cast<std::size_t>(__builtin_ctz(mask));
  }
#else
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t block;
    std::memcpy(&block, text.data() + at, sizeof block);
    const std::uint64_t lf = block ^ (kOnes * '\n');
    const std::uint64_t cr = block ^ (kOnes * '\r');
    if ((((lf - kOnes) & ~lf) | ((cr - kOnes) & ~cr)) & kHighs) break;
  }
#endif
  while (at < text.size() && !is_line_end(text[at]))
    ++at;
  return at;
}

}  // namespace

std::optional<SseEvent> SseScanner::next(std::string_view pending) {
  if (after_cr_ && scanned_ < pending.size()) {
    after_cr_ = false;
    if (pending[scanned_] == '\n') {
      line_begin_ = ++scanned_;
      if (scanned_ == 1) return finish(pending, 1);
    }
  }
  while (true) {
    const std::size_t end = find_line_end(pending, scanned_);
    scanned_ = end;
    if (end == pending.size()) return std::nullopt;
    const bool is_blank = !take_line(pending, end);
    scanned_ = end + 1;
    if (pending[end] == '\r') {
      after_cr_ = scanned_ == pending.size();
      if (!after_cr_ && pending[scanned_] == '\n') ++scanned_;
    }
    if (is_blank) return finish(pending, scanned_);
    line_begin_ = scanned_;
  }
}

/// Reads the line from line_begin_ to `end`; false if it is blank.
bool SseScanner::take_line(std::string_view pending, std::size_t end) {
  std::string_view line = pending.substr(line_begin_, end - line_begin_);
  if (at_stream_start_ && line_begin_ == 0 && line.starts_with(kBom)) {
    line.remove_prefix(kBom.size());
    fields_.has_bom = true;
  }
  if (line.empty()) return false;
  const auto [field, value] = parse_line(line);
  const Slice slice{static_cast<std::size_t>(value.data() - pending.data()), value.size()};
  switch (field) {
    case Field::data:
      take_data(pending, slice);
      break;
    case Field::event:
      fields_.name = slice;
      fields_.has_name = true;
      break;
    case Field::unwanted:
      fields_.has_unwanted = true;
      break;
    case Field::error:
      fields_.error = slice;
      break;
    case Field::comment:
    case Field::unknown:
      break;
  }
  return true;
}

void SseScanner::take_data(std::string_view pending, Slice value) {
  if (value.size > 0) fields_.has_data = true;
  if (++fields_.data_lines == 1) {
    fields_.data = value;
    return;
  }
  if (fields_.data_lines == 2) {
    joined_.assign(pending, fields_.data.begin, fields_.data.size);
  }
  joined_ += '\n';
  joined_.append(pending, value.begin, value.size);
}

SseEvent SseScanner::finish(std::string_view pending, std::size_t size) {
  const auto view = [&](Slice slice) { return pending.substr(slice.begin, slice.size); };
  const bool is_hollow = !fields_.has_data && (fields_.has_name || fields_.data_lines > 0);
  const SseEvent event{
      .bytes = pending.substr(0, size),
      .name = view(fields_.name),
      .data = fields_.data_lines > 1 ? std::string_view(joined_) : view(fields_.data),
      .error_field = view(fields_.error),
      .has_data = fields_.has_data,
      .must_strip = fields_.has_unwanted || fields_.has_bom || is_hollow,
      .starts_with_bom = fields_.has_bom,
  };
  fields_ = {};
  scanned_ = 0;
  line_begin_ = 0;
  at_stream_start_ = false;
  return event;
}

void SseScanner::reset() {
  fields_ = {};
  joined_.clear();
  scanned_ = 0;
  line_begin_ = 0;
  after_cr_ = false;
  at_stream_start_ = true;
}

void append_stripped(std::string& out, const SseEvent& event) {
  const std::size_t start = out.size();
  std::string_view rest = event.bytes;
  if (event.starts_with_bom) rest.remove_prefix(kBom.size());
  while (!rest.empty()) {
    const std::size_t end = find_line_end(rest, 0);
    const std::size_t size = end + (rest.substr(end).starts_with("\r\n") ? 2 : 1);
    const std::string_view line = rest.substr(0, end);
    const std::string_view line_with_end = rest.substr(0, size);
    rest.remove_prefix(line_with_end.size());
    if (line.empty()) {
      if (out.size() == start) return;
      // Without the line that stood between them, this LF would only complete the CR before it.
      if (out.back() == '\r' && line_with_end == "\n") out += '\n';
      out += line_with_end;
      return;
    }
    const Field field = parse_line(line).field;
    const bool is_hollow = !event.has_data && (field == Field::data || field == Field::event);
    if (field != Field::unwanted && !is_hollow) out += line_with_end;
  }
}

}  // namespace http
