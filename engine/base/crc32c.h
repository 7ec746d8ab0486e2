// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as used by iSCSI, ext4 and RocksDB.
// No packaged library offers it to C++ here, so it is ours: the SSE4.2 instruction where there is one, tables
// elsewhere.
#ifndef LAWINE_ENGINE_BASE_CRC32C_H_
#define LAWINE_ENGINE_BASE_CRC32C_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lawine {

// Crc32c("123456789") == 0xE3069283. `before`: the checksum of what stands before these bytes.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

namespace internal {
// The same, on any machine.
std::uint32_t Crc32cByTables(std::string_view bytes, std::uint32_t before = 0);
}  // namespace internal

// Formats of ours end with the checksum of everything before it, little-endian.
inline constexpr std::size_t kChecksumBytes = 4;
// What stands before it; none where there are too few bytes, or others than it is of.
std::optional<std::string_view> WithoutChecksum(std::string_view bytes);

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_CRC32C_H_
