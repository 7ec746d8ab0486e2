// Numbers for people to read.
#ifndef LAWINE_SERVICES_COMMON_NUMBER_TEXT_H_
#define LAWINE_SERVICES_COMMON_NUMBER_TEXT_H_

#include <cstdint>
#include <string>

namespace lawine {

// 1234567 -> "1,234,567".
std::string Thousands(std::uint64_t value);
// The same with decimals: 1234.5 -> "1,234.50".
std::string Decimal(double value, int decimals);

// The shortest text that reads as the same number: 1.0000001 and not 1.
std::string ExactText(double value);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_NUMBER_TEXT_H_
