#include "engine/graph/edge_line.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/limits.h"
#include "engine/base/probability.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr std::size_t kQuotedBytesMax = 60;
// Any number of this many digits fits 64 bits.
constexpr std::size_t kSafeDigits = std::numeric_limits<std::uint64_t>::digits10;

// Bytes of the UTF-8 character `text` starts with; 0 when it is not one (RFC 3629).
std::size_t Utf8CharBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < count) return 0;
  // Overlong forms, surrogates, and values above U+10FFFF show in the second byte.
  const unsigned char second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < second_min || byte(1) > second_max) return 0;
  for (std::size_t i = 2; i < count; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return count;
}

// The double nearest to decimal `text`, whatever the locale; none for what is no number, or too far from 0
// for a double.
std::optional<double> ParseNumber(std::string_view text) {
  const char* const text_end = text.data() + text.size();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (end != text_end) return std::nullopt;
  if (error == std::errc()) return number;
  // Out of range are also numbers whose nearest double is 0: std::from_chars does not tell, Abseil's does.
  // Those below 0 stay what they are, no probabilities.
  if (error != std::errc::result_out_of_range) return std::nullopt;
  absl::from_chars(text.data(), text_end, number);
  return number < 1 && !std::signbit(number) ? std::optional(number) : std::nullopt;
}

const char* WhatIsWrongWithId(std::string_view text) {
  const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  const bool whole = !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (whole) return digits.size() < text.size() ? "negative" : "too large";
  if (ParseNumber(text).has_value()) return "not a plain whole number";
  return "not a number";
}

std::optional<std::uint64_t> NumberAfter(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> words = SplitWords(text.substr(at + label.size()));
  std::uint64_t value = 0;
  if (words.empty() || !ParseDecimal(words[0], value)) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (const absl::string_view word : absl::StrSplit(absl::string_view(text.data(), text.size()),
                                                     absl::ByAnyChar(" \t\r\n\v\f,;"), absl::SkipEmpty())) {
    words.emplace_back(word.data(), word.size());
  }
  return words;
}

bool ParseDecimal(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return false;
    if (text.size() <= kSafeDigits) {
      value = value * 10 + digit;
    } else if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, digit, &value)) {
      return false;
    }
  }
  return !text.empty();
}

absl::StatusOr<MemberKey> ParseIntegerId(std::string_view text) {
  MemberKey key = 0;
  if (ParseDecimal(text, key)) return key;
  return absl::InvalidArgumentError(absl::StrCat("expected an integer id, 0 to 18446744073709551615, found ",
                                                 Quoted(text), ", which is ", WhatIsWrongWithId(text)));
}

absl::Status CheckStringId(std::string_view text) {
  if (text.empty() || text.size() > limits::kExternalIdBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected an id of 1 to ", limits::kExternalIdBytesMax,
                                                   " bytes, found ", text.size(), " bytes: ", Quoted(text)));
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t bytes = Utf8CharBytes(rest);
    if (bytes == 0 || absl::ascii_iscntrl(static_cast<unsigned char>(rest[0]))) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected an id of printable UTF-8, found ", Quoted(text)));
    }
    rest.remove_prefix(bytes);
  }
  return absl::OkStatus();
}

MemberKey KeyOfStringId(std::string_view text) { return XXH64(text.data(), text.size(), 0); }

absl::StatusOr<std::uint32_t> ParseLinkWeight(std::string_view text) {
  if (const std::optional<double> probability = ParseNumber(text)) {
    if (const auto threshold = Threshold::FromProbability(*probability); threshold.ok()) {
      // Rounded once more, not anew from the double: graph digests depend on it.
      return static_cast<std::uint32_t>((threshold->fixed() + (1ull << 31)) >> 32);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected a probability, a decimal number from 0 to 1, found ", Quoted(text)));
}

EdgeClaim ParseClaimComment(std::string_view comment) {
  return {.members = NumberAfter(comment, "Nodes:"), .links = NumberAfter(comment, "Edges:")};
}

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kQuotedBytesMax;
  return absl::StrCat("'", absl::CHexEscape({text.data(), std::min(text.size(), kQuotedBytesMax)}),
                      cut ? "...'" : "'");
}

std::string WithCommas(std::uint64_t value) {
  std::string text = absl::StrCat(value);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace lawine
