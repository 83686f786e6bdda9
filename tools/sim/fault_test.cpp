#include "fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim {
namespace {

using testing::HasSubstr;

TEST(Fault, EveryKindParsesUnderItsName) {
  for (const FaultForm& form : fault_forms()) {
    const std::string text = std::string(form.name) + (form.number_required ? "=404" : "");
    const auto fault = parse_fault(text);
    ASSERT_TRUE(fault) << fault.error();
    EXPECT_EQ(fault->kind, form.kind);
    EXPECT_EQ(fault->value, form.number_required ? 404U : 0U);
  }
}

TEST(Fault, MistakesAreExplained) {
  EXPECT_THAT(parse_fault("explode").error(), HasSubstr("there are status, delay"));
  EXPECT_THAT(parse_fault("cut").error(), HasSubstr("cut=BYTES"));
  EXPECT_THAT(parse_fault("cut=").error(), HasSubstr("expected cut=BYTES"));
  EXPECT_THAT(parse_fault("cut=-1").error(), HasSubstr("expected cut=BYTES"));
  EXPECT_THAT(parse_fault("stall=3x").error(), HasSubstr("expected stall=EVENTS"));
  EXPECT_THAT(parse_fault("drop=1").error(), HasSubstr("expected drop"));
  EXPECT_THAT(parse_fault("status=99").error(), HasSubstr("between 200 and 599"));
}

}  // namespace
}  // namespace sim
