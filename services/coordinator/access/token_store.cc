#include "services/coordinator/access/token_store.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/process.h"

namespace lawine {
namespace {

constexpr std::size_t kFileBytesMax = 4 << 20;

absl::StatusOr<std::vector<Token>> Parse(const std::string& path, const std::string& text) {
  auto tokens = ParseTokens(text);
  if (tokens.ok()) return tokens;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", tokens.status().message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(const std::string& path) {
  const auto text = ReadRegularFile(path, kFileBytesMax);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  LAWINE_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Parse(path, *text));
  std::unique_ptr<TokenStore> store(new TokenStore(path, *text, tokens));
  store->looking_ = std::make_unique<Repeating>(kReloadEvery, [raw = store.get()] { raw->Look(); });
  return store;
}

TokenStore::TokenStore(const std::vector<Token>& tokens) : TokenStore("", "", tokens) {}

TokenStore::TokenStore(std::string path, std::string text, const std::vector<Token>& tokens)
    : path_(std::move(path)), decision_(std::move(text)) {
  Use(tokens);
}

void TokenStore::Use(const std::vector<Token>& tokens) {
  MutexLock lock(mutex_);
  by_hash_.clear();
  hash_of_name_.clear();
  for (const Token& token : tokens) {
    hash_of_name_[token.name] = token.sha256;
    by_hash_[token.sha256] = token;
  }
  std::erase_if(allowances_, [this](const auto& entry) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return !hash_of_name_.contains(entry.first);
  });
}

void TokenStore::Look() {
  const auto found = ReadRegularFile(path_, kFileBytesMax);
  if (!decision_.IsNew(found)) return;
  const auto tokens = found.ok() ? Parse(path_, *found) : absl::StatusOr<std::vector<Token>>(found.status());
  if (!tokens.ok()) {
    if (!decision_.Refused(found)) return;
    ++reloads_.failed;
    spdlog::error("tokens stay those of before: {}", std::string(tokens.status().message()));
    return;
  }
  Use(*tokens);
  decision_.Used(found);
  ++reloads_.ok;
  spdlog::info("tokens were read again: {} of them", tokens->size());
}

std::optional<Token> TokenStore::Find(std::string_view token) const {
  const std::string hash = Sha256Hex(token);
  MutexLock lock(mutex_);
  const auto it = by_hash_.find(hash);
  return it == by_hash_.end() ? std::nullopt : std::optional<Token>(it->second);
}

std::optional<Token> TokenStore::Named(const std::string& name) const {
  MutexLock lock(mutex_);
  const auto it = hash_of_name_.find(name);
  return it == hash_of_name_.end() ? std::nullopt : std::optional<Token>(by_hash_.at(it->second));
}

// A token's allowance fills at its rate, up to one second's worth, and to one request at least.
absl::Duration TokenStore::TakeRequest(const Token& token, absl::Time now) {
  if (token.requests_per_second <= 0) return absl::ZeroDuration();
  const double most = std::max(1.0, token.requests_per_second);
  MutexLock lock(mutex_);
  const auto [it, fresh] = allowances_.try_emplace(token.name, Allowance{most, now});
  Allowance& allowance = it->second;
  const double since = std::max(0.0, absl::ToDoubleSeconds(now - allowance.at));
  allowance.requests = std::min(most, allowance.requests + since * token.requests_per_second);
  allowance.at = now;
  if (allowance.requests >= 1) {
    allowance.requests -= 1;
    return absl::ZeroDuration();
  }
  return absl::Seconds((1 - allowance.requests) / token.requests_per_second);
}

std::size_t TokenStore::tokens_count() const {
  MutexLock lock(mutex_);
  return by_hash_.size();
}

}  // namespace lawine
