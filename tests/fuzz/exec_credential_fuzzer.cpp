// The input: what a credential plugin prints.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "expect.hpp"
#include "kube/exec_plugin.hpp"
#include "model/timestamp.hpp"

namespace {

constexpr const char* version = "client.authentication.k8s.io/v1";

// It may hold a token, so nothing of it may be in an error: these are all there are.
constexpr std::array<std::string_view, 7> complaints{
    "it is no JSON that makes sense",
    "its kind is not ExecCredential",
    "its apiVersion is not client.authentication.k8s.io/v1, as the kubeconfig wants",
    "of clientCertificateData and clientKeyData one is missing",
    "its status has neither token nor clientCertificateData",
    "its expirationTimestamp is no time",
    "its token holds control characters"};

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto credential = kube::decode_exec_credential(text, version);
    if (!credential) {
        FUZZ_EXPECT(credential.error().code == base::ErrorCode::unauthorized);
        FUZZ_EXPECT(std::ranges::find(complaints, credential.error().message) != complaints.end());
        FUZZ_EXPECT(credential.error().hint.empty());
        return 0;
    }
    FUZZ_EXPECT(!credential->token.empty() || !credential->key.empty());
    FUZZ_EXPECT(credential->certificate.empty() == credential->key.empty());
    // It goes into a header.
    FUZZ_EXPECT(std::ranges::none_of(credential->token, is_control));
    // What is accepted is accepted again, and means the same.
    nlohmann::json status{{"token", credential->token},
                          {"clientCertificateData", credential->certificate},
                          {"clientKeyData", credential->key}};
    // An offset may lead out of the years of four digits, which cannot be written again.
    const auto expires = credential->expires ? model::utc_text(*credential->expires) : std::string();
    const bool can_be_written = expires.size() == std::string_view("2026-11-25T10:00:00Z").size() && expires[0] != '-';
    if (can_be_written) {
        status["expirationTimestamp"] = expires;
    }
    const nlohmann::json again{{"kind", "ExecCredential"}, {"apiVersion", version}, {"status", status}};
    const auto second = kube::decode_exec_credential(again.dump(), version);
    FUZZ_EXPECT(second.has_value());
    FUZZ_EXPECT(second->token == credential->token);
    FUZZ_EXPECT(second->certificate == credential->certificate);
    FUZZ_EXPECT(second->key == credential->key);
    FUZZ_EXPECT(second->expires.has_value() == can_be_written);
    FUZZ_EXPECT(!second->expires || *second->expires == std::chrono::floor<std::chrono::seconds>(*credential->expires));
    return 0;
}
