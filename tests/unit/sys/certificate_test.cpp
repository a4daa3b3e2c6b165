#include "sys/certificate.hpp"

#include <gtest/gtest.h>

namespace {

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN=test
constexpr auto certificate = R"(-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUeOMYPBoITrSoinlD+N1u0MQkw1EwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjUwNDM0MzRaFw0yNjEyMDUwNDM0MzRa
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASk8UeR
Z4sqWaeYll2ovjGoRhbCqjvSPbzt3VTFEScZKCSSrWp6jiLWx0TQca1bSYv8ccpv
9wjQn0Ru1HpKC6Eoo1MwUTAdBgNVHQ4EFgQUVGZBcZmD1duYePPYjepthCdRbjww
HwYDVR0jBBgwFoAUVGZBcZmD1duYePPYjepthCdRbjwwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiBAI1kEzMJppDSKmUmvYye0NuYc+Fw+EQbvCmFn
IvYg6QIgaILj2cDRWFOGhTNGgMhvJFCEPHx3vFZrnsgJn/vakxU=
-----END CERTIFICATE-----
)";

// The same with -subj /O=test
constexpr auto nameless = R"(-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUNuyeXOPFPr8D2myFYG52q7Nx02UwCgYIKoZIzj0EAwIw
DzENMAsGA1UECgwEdGVzdDAeFw0yNjExMzAxNDU3MzhaFw0yNjEyMTAxNDU3Mzha
MA8xDTALBgNVBAoMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQAfE72
P+2/rtFNKKx3nlitjfLqAwjvfwwVuiS4Aos0vYkXZLkcmQwPcUCBPmI3guR/Idhm
z9zRBT+eCKjKnSNbo1MwUTAdBgNVHQ4EFgQUFwBnoV6z7fMCS3vuLsWsP0FVRzIw
HwYDVR0jBBgwFoAUFwBnoV6z7fMCS3vuLsWsP0FVRzIwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiALFQq87ZBz94lrLXQu9fmU0jBhtkVOy8zNEDIe
b9yXHAIgZfx7BR+tdcbJnRiLFQ/kEK7IHkG2SfTRrIicpBpNo3Y=
-----END CERTIFICATE-----
)";

TEST(Certificate, TellsItsCommonName) {
    EXPECT_EQ(sys::certificate_common_name(certificate).value(), "test");
    EXPECT_EQ(sys::certificate_common_name(nameless).value(), "");
}

TEST(Certificate, TellsWhenItExpires) {
    const auto expires = sys::certificate_expiry(certificate);
    ASSERT_TRUE(expires.has_value()) << expires.error().text();
    EXPECT_EQ(*expires, std::chrono::sys_seconds(std::chrono::seconds(1796445274)));
}

TEST(Certificate, AmongSeveralTheOneThatLastsLongestIsTold) {
    const auto second = std::chrono::sys_seconds(std::chrono::seconds(1796914658));
    EXPECT_EQ(sys::last_certificate_expiry(certificate + std::string(nameless)).value(), second);
    EXPECT_EQ(sys::last_certificate_expiry(nameless + std::string(certificate)).value(), second);
}

constexpr auto encrypted = R"(-----BEGIN CERTIFICATE-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00

QUJD
-----END CERTIFICATE-----
)";

TEST(Certificate, ThatIsNoneIsAnError) {
    for (const char* text : {"", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                             "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n", encrypted}) {
        EXPECT_FALSE(sys::certificate_expiry(text).has_value()) << text;
        EXPECT_FALSE(sys::certificate_common_name(text).has_value()) << text;
        EXPECT_FALSE(sys::last_certificate_expiry(text).has_value()) << text;
    }
}

}  // namespace
