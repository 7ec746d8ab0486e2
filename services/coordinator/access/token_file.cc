#include "services/coordinator/access/token_file.h"

#include <openssl/sha.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr double kRequestsPerSecondMax = 1e6;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsNameLetter(char letter) {
  return absl::ascii_isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_' ||
         letter == '.' || letter == '@';
}

absl::Status ReadName(absl::string_view word, Token& token) {
  if (word.size() > kTokenNameBytesMax || !std::all_of(word.begin(), word.end(), IsNameLetter)) {
    return absl::InvalidArgumentError("expected a name of at most 64 letters, digits and -_.@");
  }
  token.name = std::string(word);
  return absl::OkStatus();
}

absl::Status ReadRole(absl::string_view word, Token& token) {
  for (const Role role : {Role::kRead, Role::kRun, Role::kAdmin}) {
    if (word != View(RoleWord(role))) continue;
    token.role = role;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected the role read, run or admin after the name");
}

absl::Status ReadHash(absl::string_view word, Token& token) {
  token.sha256 = absl::AsciiStrToLower(word);
  const bool digits = std::all_of(token.sha256.begin(), token.sha256.end(),
                                  [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
  if (digits && token.sha256.size() == 2 * SHA256_DIGEST_LENGTH) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "expected the SHA-256 of the token after the role: 64 hexadecimal digits");
}

absl::Status ReadOption(absl::string_view word, Token& token) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(word, absl::MaxSplits('=', 1));
  const auto whole = [&parts](std::uint32_t& value) {
    if (absl::SimpleAtoi(parts.second, &value) && value > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(parts.first, ": expected a whole number above 0"));
  };
  if (parts.first == "runs_at_once") return whole(token.runs_at_once);
  if (parts.first == "runs_queued") return whole(token.runs_queued);
  if (parts.first == "run_seconds") return whole(token.run_seconds);
  if (parts.first == "run_memory_mib") return whole(token.run_memory_mib);
  if (parts.first != "requests_per_second") {
    return absl::InvalidArgumentError(
        "expected runs_at_once=, runs_queued=, run_seconds=, run_memory_mib= or requests_per_second= after "
        "the hash");
  }
  double& rate = token.requests_per_second;
  if (absl::SimpleAtod(parts.second, &rate) && rate > 0 && rate <= kRequestsPerSecondMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("requests_per_second: expected a number above 0, at most a million");
}

absl::StatusOr<Token> ReadLine(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.size() < 3) return absl::InvalidArgumentError("expected a name, a role and a hash");
  Token token;
  LAWINE_RETURN_IF_ERROR(ReadName(words[0], token));
  LAWINE_RETURN_IF_ERROR(ReadRole(words[1], token));
  LAWINE_RETURN_IF_ERROR(ReadHash(words[2], token));
  for (std::size_t i = 3; i < words.size(); ++i) LAWINE_RETURN_IF_ERROR(ReadOption(words[i], token));
  return token;
}

}  // namespace

std::string_view RoleWord(Role role) {
  switch (role) {
    case Role::kRead:
      return "read";
    case Role::kRun:
      return "run";
    case Role::kAdmin:
      return "admin";
  }
  return "";
}

absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text) {
  std::vector<Token> tokens;
  std::set<std::string> names;
  std::set<std::string> hashes;
  std::size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(View(text), '\n')) {
    ++number;
    const absl::string_view said = absl::StripAsciiWhitespace(line);
    if (said.empty() || said.front() == '#') continue;
    auto token = ReadLine(said);
    absl::Status status = token.status();
    if (status.ok() && !names.insert(token->name).second) {
      status = absl::InvalidArgumentError("the name is on an earlier line too");
    } else if (status.ok() && !hashes.insert(token->sha256).second) {
      status = absl::InvalidArgumentError("the token is on an earlier line too");
    } else if (tokens.size() >= kTokensMax) {
      status = absl::InvalidArgumentError(absl::StrCat("expected at most ", kTokensMax, " tokens"));
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", status.message()));
    }
    tokens.push_back(*std::move(token));
  }
  if (tokens.empty()) return absl::InvalidArgumentError("expected at least one token, found none");
  return tokens;
}

std::string Sha256Hex(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), sizeof(digest)});
}

}  // namespace lawine
