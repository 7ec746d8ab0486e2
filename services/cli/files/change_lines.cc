#include "services/cli/files/change_lines.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

// Words behind the ids: "mutual" and NAME=VALUE.
using Options = std::map<std::string, std::string>;

absl::StatusOr<Options> ReadOptions(const std::vector<std::string>& words, std::size_t from,
                                    const std::vector<std::string>& known) {
  Options options;
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::pair<std::string, std::string> option = absl::StrSplit(words[i], absl::MaxSplits('=', 1));
    const bool fits = std::find(known.begin(), known.end(), option.first) != known.end() &&
                      (option.first == "mutual") == (words[i] == "mutual");
    if (!fits || !options.insert(option).second) {
      return absl::InvalidArgumentError(absl::StrCat("did not expect '", words[i], "' here"));
    }
  }
  return options;
}

absl::StatusOr<v1::Change> ReadLink(const std::vector<std::string>& words, bool follow) {
  if (words.size() < 3) return absl::InvalidArgumentError("expected two members");
  std::vector<std::string> known = {"mutual", "kind"};
  if (follow) known.push_back("probability");
  LAWINE_ASSIGN_OR_RETURN(Options options, ReadOptions(words, 3, known));
  std::optional<double> probability;
  if (options.contains("probability")) {
    double value = 0;
    if (!absl::SimpleAtod(options["probability"], &value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected a probability, found '", options["probability"], "'"));
    }
    probability = value;
  }
  return LinkChange(follow, words[1], words[2], options.contains("mutual"), options["kind"], probability);
}

absl::StatusOr<v1::Change> ReadMember(const std::vector<std::string>& words) {
  if (words.size() < 2) return absl::InvalidArgumentError("expected a member");
  LAWINE_ASSIGN_OR_RETURN(Options options, ReadOptions(words, 2, {"network", "account_kind", "community"}));
  v1::Change change;
  v1::AddMember& member = *change.mutable_add_member();
  member.set_id(words[1]);
  member.set_network(options["network"]);
  member.set_account_kind(options["account_kind"]);
  std::uint32_t community = 0;
  if (options.contains("community") && !absl::SimpleAtoi(options["community"], &community)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected the number of a community, found '", options["community"], "'"));
  }
  member.set_community(community);
  return change;
}

absl::StatusOr<v1::Change> ReadLine(std::string_view line) {
  const absl::string_view text(line.data(), line.size());
  const char separator = line.find('\t') == std::string_view::npos ? ' ' : '\t';
  const std::vector<std::string> words = absl::StrSplit(text, separator, absl::SkipEmpty());
  if (words[0] == "follow") return ReadLink(words, true);
  if (words[0] == "unfollow") return ReadLink(words, false);
  if (words[0] == "add") return ReadMember(words);
  return absl::InvalidArgumentError(absl::StrCat("expected follow, unfollow or add, found '", words[0], "'"));
}

}  // namespace

absl::StatusOr<std::vector<v1::Change>> ParseChanges(std::string_view text) {
  std::vector<v1::Change> changes;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    const absl::string_view line = absl::StripSuffix(raw, "\r");
    if (line.find_first_not_of(" \t") == absl::string_view::npos || line[0] == '#') continue;
    absl::StatusOr<v1::Change> change = ReadLine({line.data(), line.size()});
    if (!change.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", change.status().message()));
    }
    changes.push_back(*std::move(change));
  }
  return changes;
}

v1::Change LinkChange(bool follow, const std::string& follower, const std::string& followee, bool mutual,
                      const std::string& kind, std::optional<double> probability) {
  v1::Change change;
  const auto fill = [&](auto& link) {
    link.set_follower(follower);
    link.set_followee(followee);
    link.set_mutual(mutual);
    link.set_kind(kind);
  };
  if (!follow) {
    fill(*change.mutable_unfollow());
    return change;
  }
  fill(*change.mutable_follow());
  if (probability.has_value()) change.mutable_follow()->set_probability(*probability);
  return change;
}

}  // namespace lawine::cli
