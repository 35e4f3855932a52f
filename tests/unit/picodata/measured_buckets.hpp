// What a Picodata 25.6.0 did, 3000 buckets: a row was inserted with the parameter as given, declared with the column's
// type, and its bucket_id read back. `us2000:N` is N microseconds since 2000-01-01 UTC, in binary.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace picoxx {

struct MeasuredBucket {
    std::string_view column;
    std::string_view parameter;
    bool is_binary;
    bool is_cast;  ///< With `::double` behind the placeholder.
    std::uint32_t bucket;
};

inline constexpr std::string_view long_text =
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

inline constexpr std::array measured_buckets{
    MeasuredBucket{"int", "0", false, false, 84},
    MeasuredBucket{"int", "31", false, false, 379},
    MeasuredBucket{"int", "127", false, false, 2362},
    MeasuredBucket{"int", "255", false, false, 1968},
    MeasuredBucket{"int", "65535", false, false, 1488},
    MeasuredBucket{"int", "2147483647", false, false, 2350},
    MeasuredBucket{"int", "4294967295", false, false, 2889},
    MeasuredBucket{"int", "9007199254740992", false, false, 2913},
    MeasuredBucket{"int", "-1", false, false, 2286},
    MeasuredBucket{"int", "-32", false, false, 1881},
    MeasuredBucket{"int", "-128", false, false, 1124},
    MeasuredBucket{"int", "-32768", false, false, 105},
    MeasuredBucket{"int", "-2147483648", false, false, 2160},
    MeasuredBucket{"int", "-9223372036854775808", false, false, 413},
    MeasuredBucket{"text", "", false, false, 563},
    MeasuredBucket{"text", "metalware", false, false, 1269},
    MeasuredBucket{"text", "日本語", false, false, 1065},
    MeasuredBucket{"text", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false, false, 71},
    MeasuredBucket{"text", long_text, false, false, 1276},
    MeasuredBucket{"text", " lead", false, false, 204},
    MeasuredBucket{"text", "É", false, false, 1938},
    MeasuredBucket{"text", "😀", false, false, 203},
    MeasuredBucket{"bool", "t", false, false, 2131},
    MeasuredBucket{"double", "0", false, false, 84},
    MeasuredBucket{"double", "0", true, false, 84},
    MeasuredBucket{"double", "1", false, true, 2099},
    MeasuredBucket{"double", "-1", false, false, 2286},
    MeasuredBucket{"double", "-1", true, false, 2286},
    MeasuredBucket{"double", "2.5", false, true, 286},
    MeasuredBucket{"double", "0.1", false, false, 2673},
    MeasuredBucket{"double", "0.1", true, false, 2673},
    MeasuredBucket{"double", "-0.0", false, true, 1781},
    MeasuredBucket{"double", "1e300", false, false, 246},
    MeasuredBucket{"double", "1e300", true, false, 246},
    MeasuredBucket{"double", "1e-300", false, true, 1781},
    MeasuredBucket{"double", "NaN", false, false, 1638},
    MeasuredBucket{"double", "NaN", true, false, 1638},
    MeasuredBucket{"double", "Infinity", false, true, 1721},
    MeasuredBucket{"double", "-Infinity", false, false, 1086},
    MeasuredBucket{"double", "-Infinity", true, false, 1086},
    MeasuredBucket{"double", "9007199254740993", false, true, 2661},
    MeasuredBucket{"double", "123456789.125", false, false, 2936},
    MeasuredBucket{"double", "123456789.125", true, false, 2936},
    MeasuredBucket{"double", "18446744073709551616", false, true, 2100},
    MeasuredBucket{"double", "-9223372036854775808", false, false, 413},
    MeasuredBucket{"double", "-9223372036854775808", true, false, 413},
    MeasuredBucket{"decimal", "0", false, false, 2785},
    MeasuredBucket{"decimal", "1.0", false, false, 712},
    MeasuredBucket{"decimal", "1.50", false, false, 288},
    MeasuredBucket{"decimal", "-12.345", false, false, 49},
    MeasuredBucket{"decimal", "1e5", false, false, 1554},
    MeasuredBucket{"decimal", "100", false, false, 187},
    MeasuredBucket{"decimal", "0.0010", false, false, 2535},
    MeasuredBucket{"decimal", "1234567890123456789012345678", false, false, 2001},
    MeasuredBucket{"decimal", "-0", false, false, 563},
    MeasuredBucket{"decimal", "00012.50", false, false, 1793},
    MeasuredBucket{"uuid", "e3069ee4-f145-4e49-a038-a6800e2aa1d9", false, false, 790},
    MeasuredBucket{"uuid", "00000000-0000-0000-0000-000000000000", false, false, 2570},
    MeasuredBucket{"datetime", "2023-11-11T02:03:19.35421-03:00", false, false, 1581},
    MeasuredBucket{"datetime", "1970-01-01T00:00:00Z", false, false, 2751},
    MeasuredBucket{"datetime", "2023-11-11T05:03:19.35421Z", false, false, 141},
    MeasuredBucket{"datetime", "2023-11-11T05:03:19Z", false, false, 935},
    MeasuredBucket{"datetime", "2000-01-01 00:00:00+00", false, false, 159},
    MeasuredBucket{"datetime", "us2000:1", true, false, 320},
    MeasuredBucket{"datetime", "us2000:1000000", true, false, 433},
    MeasuredBucket{"int", "0", false, false, 84},
    MeasuredBucket{"int", "2", false, false, 1410},
    MeasuredBucket{"int", "4", false, false, 2752},
    MeasuredBucket{"int", "8", false, false, 2564},
    MeasuredBucket{"int", "15", false, false, 1403},
    MeasuredBucket{"int", "43", false, false, 214},
    MeasuredBucket{"int", "99", false, false, 587},
    MeasuredBucket{"int", "-9223372036854775808", false, false, 413},
    MeasuredBucket{"int", "7", false, false, 1860},
    MeasuredBucket{"text", "metalware", false, false, 1269},
    MeasuredBucket{"text", "moldings", false, false, 1219},
    MeasuredBucket{"text", "blocks", false, false, 1573},
    MeasuredBucket{"decimal", "1", false, false, 2135},
};

}  // namespace picoxx
