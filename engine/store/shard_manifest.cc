#include "engine/store/shard_manifest.h"

#include <algorithm>
#include <limits>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/crc32c.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr absl::string_view kMagic = "lawine-shard";
constexpr absl::string_view kVersion = "1";
// A field of version 1 whose value never was another.
constexpr std::uint64_t kEpoch = 1;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("shard manifest is damaged: ", what));
}

// The "name value" lines of a manifest, taken one by one.
class Fields {
 public:
  explicit Fields(std::map<std::string, std::string> fields) : fields_(std::move(fields)) {}

  std::string Text(const std::string& name) {
    const auto it = fields_.find(name);
    if (it == fields_.end()) {
      status_ = Damaged(absl::StrCat("it lacks '", name, "'"));
      return "";
    }
    return it->second;
  }
  bool Has(const std::string& name) const { return fields_.contains(name); }
  std::uint64_t Number(const std::string& name) { return Parse(name, Text(name)); }
  std::uint32_t Number32(const std::string& name) { return Narrow<std::uint32_t>(name, Number(name)); }
  bool Flag(const std::string& name) {
    const std::uint64_t value = Number(name);
    if (value > 1) status_ = Damaged(absl::StrCat("'", name, "' is neither 0 nor 1"));
    return value == 1;
  }
  Digest Hex(const std::string& name) {
    auto digest = Digest::FromHex(Text(name));
    if (!digest.ok()) status_ = Damaged(absl::StrCat("'", name, "' is not a digest"));
    return digest.value_or(Digest());
  }
  template <class Int>
  std::vector<Int> Numbers(const std::string& name) {
    std::vector<Int> numbers;
    for (const absl::string_view part : absl::StrSplit(Text(name), ',')) {
      numbers.push_back(Narrow<Int>(name, Parse(name, std::string(part))));
    }
    return numbers;
  }
  const absl::Status& status() const { return status_; }

 private:
  std::uint64_t Parse(const std::string& name, const std::string& text) {
    std::uint64_t value = 0;
    if (!absl::SimpleAtoi(text, &value)) status_ = Damaged(absl::StrCat("'", name, "' is not a number"));
    return value;
  }
  template <class Int>
  Int Narrow(const std::string& name, std::uint64_t value) {
    if (value > std::numeric_limits<Int>::max()) status_ = Damaged(absl::StrCat("'", name, "' is too large"));
    return static_cast<Int>(value);
  }
  std::map<std::string, std::string> fields_;
  absl::Status status_;
};

absl::StatusOr<Fields> ReadFields(std::string_view text) {
  const std::size_t crc_at = text.rfind("crc32c ");
  if (crc_at == std::string_view::npos) return Damaged("it has no checksum");
  const std::string expected = absl::StrFormat("crc32c %08x\n", Crc32c(text.substr(0, crc_at)));
  if (text.substr(crc_at) != expected) return Damaged("its checksum does not match");
  const absl::string_view lines_text(text.data(), crc_at);
  const std::vector<absl::string_view> lines = absl::StrSplit(lines_text, '\n', absl::SkipEmpty());
  if (lines.empty() || lines[0] != absl::StrCat(kMagic, " ", kVersion)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "expected a shard of format '", kMagic, " ", kVersion, "', found '",
        lines.empty() ? absl::string_view() : lines[0], "': use the version that wrote it, or load again"));
  }
  std::map<std::string, std::string> fields;
  for (const absl::string_view line : lines) {
    const std::pair<std::string, std::string> field = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    fields.insert(field);
  }
  return Fields(std::move(fields));
}

absl::Status CheckConsistent(const ShardManifest& m) {
  if (m.shard.value >= m.graph.partition.shards_count())
    return Damaged("its shard is outside the partition map");
  if (m.graph.added_members > m.graph.members() ||
      m.graph.added_members >
          m.graph.partition.range(ShardIndex(m.graph.partition.shards_count() - 1)).count) {
    return Damaged("it has more added members than the last shard has members");
  }
  if (m.without_followees > m.range().count)
    return Damaged("it has more members without followees than members");
  if (!std::is_sorted(m.links_before.begin(), m.links_before.end()) || m.links_before.front() != 0 ||
      m.links_before.back() != m.links || m.links > m.graph.links || m.links > limits::kLinksPerShardMax) {
    return Damaged("its link counts contradict each other");
  }
  if (m.graph.persons && !m.graph.columns.kinds) {
    return Damaged("it has persons with several accounts and no kinds of links, by which those are joined");
  }
  const std::uint32_t strides = limits::BlocksOf<ShardManifest::kSourcesPerStride>(m.graph.members());
  if (m.links_before.size() != std::size_t{strides} + 1) {
    return Damaged("its link counts do not fit its members");
  }
  return absl::OkStatus();
}

// A value ends where its line ends: a file name with a line break must not add fields.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

}  // namespace

std::string EncodeManifest(const ShardManifest& m) {
  std::string text = absl::StrCat(kMagic, " ", kVersion, "\n");
  const auto add = [&text](absl::string_view name, const auto& value) {
    absl::StrAppend(&text, name, " ", value, "\n");
  };
  add("name", m.graph.name);
  add("graph_version", m.graph.graph_version);
  add("graph_links", m.graph.links);
  add("graph_digest", m.graph.digest.ToHex());
  add("link_kinds", m.graph.columns.kinds ? 1 : 0);
  add("link_weights", m.graph.columns.weights ? 1 : 0);
  add("named_members", m.graph.named_members ? 1 : 0);
  if (m.graph.persons) add("persons", 1);  // most graphs have none, and shards of old say nothing of it
  if (m.graph.added_members > 0) add("added_members", m.graph.added_members);
  if (m.graph.made_digest.has_value()) add("made_digest", m.graph.made_digest->ToHex());
  add("origin", OneLine(m.graph.origin));
  add("epoch", kEpoch);
  add("boundaries", absl::StrJoin(m.graph.partition.boundaries(), ","));
  add("shard", m.shard.value);
  add("links", m.links);
  add("digest", m.digest.ToHex());
  add("without_followees", m.without_followees);
  add("keys_listed", m.keys_listed ? 1 : 0);
  add("links_before", absl::StrJoin(m.links_before, ","));
  absl::StrAppend(&text, absl::StrFormat("crc32c %08x\n", Crc32c(text)));
  return text;
}

absl::StatusOr<ShardManifest> DecodeManifest(std::string_view text) {
  LAWINE_ASSIGN_OR_RETURN(Fields fields, ReadFields(text));
  ShardManifest m;
  m.graph.name = fields.Text("name");
  m.graph.graph_version = fields.Number("graph_version");
  m.graph.links = fields.Number("graph_links");
  m.graph.digest = fields.Hex("graph_digest");
  m.graph.columns = {.kinds = fields.Flag("link_kinds"), .weights = fields.Flag("link_weights")};
  m.graph.named_members = fields.Flag("named_members");
  m.graph.persons = fields.Has("persons") && fields.Flag("persons");
  if (fields.Has("added_members")) m.graph.added_members = fields.Number32("added_members");
  if (fields.Has("made_digest")) m.graph.made_digest = fields.Hex("made_digest");
  m.graph.origin = fields.Text("origin");
  const bool has_epoch = fields.Number("epoch") == kEpoch;
  const auto boundaries = fields.Numbers<std::uint32_t>("boundaries");
  m.shard = ShardIndex(fields.Number32("shard"));
  m.links = fields.Number("links");
  m.digest = fields.Hex("digest");
  m.without_followees = fields.Number32("without_followees");
  m.keys_listed = fields.Flag("keys_listed");
  m.links_before = fields.Numbers<std::uint64_t>("links_before");
  LAWINE_RETURN_IF_ERROR(fields.status());
  if (!has_epoch) return Damaged(absl::StrCat("its epoch is another than ", kEpoch));
  if (const absl::Status named = CheckGraphName(m.graph.name); !named.ok()) return Damaged(named.message());
  auto partition = PartitionMap::FromBoundaries(boundaries);
  if (!partition.ok()) return Damaged(partition.status().message());
  m.graph.partition = *std::move(partition);
  LAWINE_RETURN_IF_ERROR(CheckConsistent(m));
  return m;
}

absl::Status CheckGraphName(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  const bool good = !name.empty() && name.size() <= limits::kGraphNameBytesMax && name[0] >= 'a' &&
                    name[0] <= 'z' && std::all_of(name.begin(), name.end(), allowed);
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected a graph name of 1 to ", limits::kGraphNameBytesMax,
                   " letters a-z, digits and '-', starting with a letter; found '",
                   absl::string_view(name.data(), name.size()), "'"));
}

}  // namespace lawine
