// A large array on huge pages where the kernel grants them (transparent huge pages by madvise).
// Random reads into gigabytes are bound by address translation: 2 MiB pages make most of it disappear.
#ifndef LAWINE_ENGINE_BASE_HUGE_ARRAY_H_
#define LAWINE_ENGINE_BASE_HUGE_ARRAY_H_

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace lawine {

namespace internal {
// Zeroed pages of at least `bytes`; nullptr for 0 bytes. They become memory when they are first written, and
// nothing is reserved for them (MAP_NORESERVE): a process may map more than there is, as long as it does not
// write to all of it. Where it does, the kernel ends it then, not here: sizes are checked against the memory
// limit before. Dies when the system refuses.
void* MapHugePages(std::size_t bytes);
void UnmapHugePages(void* pages, std::size_t bytes);
// Gives the pages back that only bytes from `keep` on need.
void UnmapTail(void* pages, std::size_t bytes, std::size_t keep);
}  // namespace internal

// Fixed size, zero at first, movable.
template <class T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T>, "elements are made of zeroed pages, and go with them");

 public:
  HugeArray() = default;
  explicit HugeArray(std::size_t size)
      : data_(static_cast<T*>(internal::MapHugePages(size * sizeof(T)))), size_(size) {}
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~HugeArray() { internal::UnmapHugePages(data_, size_ * sizeof(T)); }

  // Keeps the first `size` elements. REQUIRES: size <= size().
  void Shrink(std::size_t size) {
    internal::UnmapTail(data_, size_ * sizeof(T), size * sizeof(T));
    if (size == 0) data_ = nullptr;
    size_ = size;
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_HUGE_ARRAY_H_
