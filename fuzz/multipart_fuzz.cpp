// Forms, and the heads of their parts. Where the network cuts a form changes nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/multipart.hpp"
#include "http/multipart_head.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string feed(std::string_view body, std::size_t piece) {
  http::MultipartScanner scanner("b0undary", {"model", "stream"});
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const auto fed = scanner.feed(body.substr(at, piece));
    if (!fed) return fed.error().message;
  }
  const auto finished = scanner.finish();
  if (!finished) return finished.error().message;
  const auto& model = scanner.value(0);
  if (!model) return "no model";
  require(body.substr(model->at).starts_with(model->text));
  return "model: " + model->text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  const std::string whole = feed(body, size + 1);
  for (const std::size_t piece : {1U, 3U, 17U})
    require(feed(body, piece) == whole);
  if (const auto boundary = http::form_boundary("multipart/form-data;" + std::string(body))) {
    require(!boundary->empty() && boundary->size() <= 70);
  }
  return 0;
}
