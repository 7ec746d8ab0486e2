// Compressed files for tests.
#ifndef LAWINE_TESTS_SUPPORT_GZIP_H_
#define LAWINE_TESTS_SUPPORT_GZIP_H_

#include <zlib.h>

#include <string>
#include <string_view>

#include "engine/base/check.h"

namespace lawine {

inline std::string Gzip(std::string_view text) {
  z_stream stream = {};
  LAWINE_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  LAWINE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_GZIP_H_
