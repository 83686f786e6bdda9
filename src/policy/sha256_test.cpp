#include "policy/sha256.hpp"

#include <gtest/gtest.h>

namespace policy {
namespace {

TEST(Sha256, IsTheStandards) {
  // FIPS 180-4's example: the hash of "abc" begins ba7816bf and ends f20015ad.
  const Sha256 abc = sha256("abc");
  EXPECT_EQ(abc[0], 0xba);
  EXPECT_EQ(abc[3], 0xbf);
  EXPECT_EQ(abc[28], 0xf2);
  EXPECT_EQ(abc[31], 0xad);
  EXPECT_EQ(sha256("abc"), abc);
  EXPECT_NE(sha256("abd"), abc);
  EXPECT_EQ(sha256("")[0], 0xe3);
}

}  // namespace
}  // namespace policy
