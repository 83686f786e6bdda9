#include "fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sim {
namespace {

using Kind = Fault::Kind;

constexpr std::array kForms = {
    FaultForm{Kind::status, "status", "CODE", true, "an error answer with this status"},
    FaultForm{Kind::delay, "delay", "MS", true, "the head comes so much later"},
    FaultForm{Kind::hang, "hang", "", false, "no answer, ever"},
    FaultForm{Kind::drop, "drop", "", false, "closed without a byte of answer"},
    FaultForm{Kind::reset, "reset", "", false, "reset without a byte of answer"},
    FaultForm{Kind::cut, "cut", "BYTES", true, "closed (FIN) after so many bytes of the body"},
    FaultForm{Kind::rst, "rst", "BYTES", true, "reset (RST) after so many bytes of the body"},
    FaultForm{Kind::stall, "stall", "EVENTS", true, "silence after so many events"},
    FaultForm{Kind::ping, "ping", "EVENTS", true, "after so many events only comments"},
    FaultForm{Kind::truncate, "truncate", "EVENTS", true, "ends cleanly after so many events"},
    FaultForm{Kind::malformed, "malformed", "EVENTS", false, "JSON broken off in the middle"},
    FaultForm{Kind::wrong_type, "wrong-type", "", false, "a stream where JSON was asked, or back"},
    FaultForm{Kind::html, "html", "", false, "status 200 and a web page"},
    FaultForm{Kind::in_band_error, "in-band-error", "EVENTS", false,
              "an error event after so many others (default 0)"},
    FaultForm{Kind::in_band_flat, "in-band-flat", "EVENTS", false,
              "the same in the flat form of older engines"},
};

std::string names() {
  std::string list;
  for (const FaultForm& form : kForms)
    list.append(list.empty() ? "" : ", ").append(form.name);
  return list;
}

}  // namespace

std::span<const FaultForm> fault_forms() {
  return kForms;
}

std::expected<Fault, std::string> parse_fault(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto* form = std::ranges::find(kForms, name, &FaultForm::name);
  if (form == kForms.end())
    return std::unexpected("no fault is called `" + std::string(name) + "`; there are " + names());

  Fault fault{.kind = form->kind};
  if (equals == std::string_view::npos) {
    if (form->number_required)
      return std::unexpected(std::string(name) + " needs a number: " + std::string(name) + "=" +
                             std::string(form->unit));
    return fault;
  }
  const std::string_view number = text.substr(equals + 1);
  const char* end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, fault.value);
  if (form->unit.empty() || error != std::errc{} || rest != end)
    return std::unexpected("`" + std::string(text) + "`: expected " + std::string(name) +
                           (form->unit.empty() ? "" : "=" + std::string(form->unit)));
  if (form->kind == Kind::status && (fault.value < 200 || fault.value > 599))
    return std::unexpected("a status is between 200 and 599, not " + std::string(number));
  return fault;
}

}  // namespace sim
