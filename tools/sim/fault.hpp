#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace sim {

/// What goes wrong with one answer. Written `kind` or `kind=NUMBER`, in the header field
/// `x-sim-fault` or behind `--fail`; kFaults says what each means.
struct Fault {
  enum class Kind : std::uint8_t {
    none,
    status,
    delay,
    hang,
    drop,
    reset,
    cut,
    rst,
    stall,
    ping,
    truncate,
    malformed,
    wrong_type,
    html,
    in_band_error,
    in_band_flat,
  };
  Kind kind = Kind::none;
  std::uint64_t value = 0;

  [[nodiscard]] bool is(Kind other) const { return kind == other; }
};

/// One row of the table that parsing and --help share.
struct FaultForm {
  Fault::Kind kind;
  std::string_view name;
  std::string_view unit;  ///< of the number, empty if it takes none
  bool number_required;
  std::string_view meaning;
};

std::span<const FaultForm> fault_forms();

/// The error says what was wrong and lists what there is.
std::expected<Fault, std::string> parse_fault(std::string_view text);

}  // namespace sim
