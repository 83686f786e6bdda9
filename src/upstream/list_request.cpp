#include "upstream/list_request.hpp"

#include <iterator>

#include "base/try.hpp"
#include "upstream/question.hpp"

namespace upstream {
namespace {

using base::ErrorCode;
using Models = std::vector<llm::ListedModel>;

constexpr std::chrono::seconds kTimeout{10};  // for one page
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr int kMaxPages = 100;
constexpr int kOk = 200;

/// Everything but unreserved characters (RFC 3986 2.3) as %XX.
std::string escaped(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").contains(c);
    if (plain) {
      out.push_back(c);
    } else {
      out.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return out;
}

auto failed(std::string cause) {
  return base::fail_upstream(ErrorCode::upstream_invalid_response, "No usable model list.",
                             std::move(cause));
}

io::Task<base::Result<llm::ModelPage>> read_page(io::Loop& loop, Connector& connector,
                                                 Endpoint& endpoint, std::string target) {
  const std::string what = "GET " + target + ": ";
  CO_TRY(const auto reply,
         co_await ask(loop, connector, endpoint,
                      {.target = std::move(target), .patience = kTimeout, .max_bytes = kMaxBytes}));
  if (reply.status != kOk) co_return failed(what + "status " + std::to_string(reply.status));
  if (reply.cut) co_return failed(what + "endless list");
  auto page = llm::parse_model_list(reply.body);
  if (!page) co_return failed(what + page.error().message);
  co_return page;
}

io::Task<base::Result<Models>> read_list(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                         std::string target) {
  Models models;
  std::string after;
  std::string last_id;
  for (int page_count = 0; page_count < kMaxPages; ++page_count) {
    CO_TRY(auto page, co_await read_page(loop, connector, endpoint, target + after));
    std::ranges::move(page.models, std::back_inserter(models));
    // A page that points to itself would be asked for again and again.
    if (!page.has_more || page.last_id == last_id) break;
    last_id = page.last_id;
    // OpenAI's name for it and Anthropic's; each ignores the other's.
    const std::string id = escaped(page.last_id);
    after = "?after=" + id + "&after_id=" + id;
  }
  co_return models;
}

}  // namespace

io::Task<base::Result<Models>> request_models(io::Loop& loop, Connector& connector,
                                              Endpoint& endpoint) {
  const io::Guard guard{.deadline = loop.now() + endpoint.config().timeouts.connect};
  if (!endpoint.addresses()) CO_TRY_VOID(co_await connector.resolve(endpoint, guard));
  const std::size_t places = endpoint.bases().size();
  const std::size_t first = endpoint.base();
  base::Result<Models> list = failed("not asked");
  for (std::size_t i = 0; i < places; ++i) {
    const std::size_t place = (first + i) % places;
    list = co_await read_list(loop, connector, endpoint, endpoint.bases()[place] + "/models");
    if (list) {
      endpoint.choose_base(place);
      co_return list;
    }
    // Only an answer that is no list speaks against the place rather than against the backend.
    if (list.error().code != ErrorCode::upstream_invalid_response) break;
  }
  co_return list;
}

}  // namespace upstream
