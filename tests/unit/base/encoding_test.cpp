#include <gtest/gtest.h>

#include "base/text.hpp"

namespace {

using std::string_literals::operator""s;

// What `printf 'hello hello hello' | gzip -n` makes.
std::string hello_gzip() {
    return base::base64_decode("H4sIAAAAAAAAA8tIzcnJV8hAkACAiPnlEQAAAA==").value();
}

TEST(Base64, EncodesAndDecodesTheVectorsOfRfc4648) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\0\xFF\xFE"s, "AP/+"},
    };
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(base::base64_encode(plain), encoded);
        EXPECT_EQ(base::base64_decode(encoded).value(), plain);
    }
}

TEST(Base64, IgnoresWhiteSpace) {
    EXPECT_EQ(base::base64_decode(" Zm9v\r\nYmFy\t\n").value(), "foobar");
    EXPECT_EQ(base::base64_decode("Zg=\n=").value(), "f");
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9-", "Zm_v", "Zm9v!",
                             "Zh==", "Zm9=", "apiVersion: v1"}) {
        EXPECT_FALSE(base::base64_decode(text).has_value()) << text;
    }
}

TEST(Gunzip, UnpacksUpToItsLimit) {
    EXPECT_EQ(base::gunzip(hello_gzip(), 17).value(), "hello hello hello");
    const auto refused = base::gunzip(hello_gzip(), 16);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().message, "gzip data grows beyond 16 B");
}

TEST(Gunzip, UnpacksMembersOneAfterTheOther) {
    EXPECT_EQ(base::gunzip(hello_gzip() + hello_gzip(), 100).value(), "hello hello hellohello hello hello");
    EXPECT_FALSE(base::gunzip(hello_gzip() + hello_gzip(), 33).has_value());
}

TEST(Gunzip, RefusesWhatIsDamaged) {
    const std::string good = hello_gzip();
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(base::gunzip(good.substr(0, length), 100).has_value()) << length;
    }
    std::string wrong_checksum = good;
    wrong_checksum[good.size() - 8] = static_cast<char>(wrong_checksum[good.size() - 8] ^ 1);
    EXPECT_FALSE(base::gunzip(wrong_checksum, 100).has_value());
    EXPECT_FALSE(base::gunzip(good + "x", 100).has_value());
    EXPECT_FALSE(base::gunzip("not gzip at all", 100).has_value());
}

TEST(Gzip, GivesBackWhatItWasGiven) {
    for (const std::size_t size : {0U, 1U, 1000000U}) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            bytes[i] = static_cast<char>(i * i >> 7U);
        }
        const auto packed = base::gzip(bytes);
        ASSERT_TRUE(packed.has_value());
        EXPECT_EQ(base::gunzip(*packed, size + 1), bytes);
    }
}

}  // namespace
