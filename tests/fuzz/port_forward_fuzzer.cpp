// The input: the port that is asked for, two bytes, the lower one first; then the messages of
// the far end, each after its length in two bytes of the same kind. What the framing makes of
// them is held against a second reading of the rules, written without the first.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "expect.hpp"
#include "kube/port_forward.hpp"

namespace {

using base::ErrorCode;

enum class Meaning { nothing, data, failure, nonsense };

// What a message means where `port_told` says whose first message has been there.
Meaning meaning_of(std::string_view message, std::string_view port, std::array<bool, 2>& port_told) {
    if (message.empty()) {
        return Meaning::nothing;
    }
    const auto channel = static_cast<unsigned char>(message.front());
    const auto body = message.substr(1);
    if (channel >= port_told.size()) {
        return Meaning::nonsense;
    }
    if (!port_told.at(channel)) {
        port_told.at(channel) = true;
        return body == port ? Meaning::nothing : Meaning::nonsense;
    }
    if (channel == 0) {
        return Meaning::data;
    }
    return body.empty() ? Meaning::nothing : Meaning::failure;
}

void expect_error(const base::Error& error, Meaning meaning) {
    FUZZ_EXPECT(meaning == Meaning::failure || meaning == Meaning::nonsense);
    // not_found and refused are the pod's own doing, in the words of every kubelet.
    const bool is_told =
        error.code == ErrorCode::unreachable || error.code == ErrorCode::not_found || error.code == ErrorCode::refused;
    FUZZ_EXPECT(meaning == Meaning::failure ? is_told : error.code == ErrorCode::protocol);
    FUZZ_EXPECT(!error.message.empty() && error.message.size() <= 400);
    FUZZ_EXPECT(base::printable(error.message) == error.message);
}

class Messages {
public:
    explicit Messages(std::string_view rest) : rest_(rest) {}
    [[nodiscard]] bool ended() const { return rest_.empty(); }
    std::uint16_t number() {
        const auto low = byte();
        return static_cast<std::uint16_t>(low | (byte() << 8U));
    }
    // On the heap, and as long as it has to be: a byte read beyond its end is seen.
    std::vector<char> message() {
        const auto bytes = rest_.substr(0, number());
        rest_.remove_prefix(bytes.size());
        return {bytes.begin(), bytes.end()};
    }

private:
    unsigned byte() {
        if (rest_.empty()) {
            return 0;
        }
        const auto value = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::string_view rest_;
};

// What one end wraps, the other one gets.
void expect_same_at_the_far_end(std::uint16_t port, const std::string& told, const std::string& bytes) {
    kube::PortForwardFraming here(port);
    kube::PortForwardFraming there(port);
    FUZZ_EXPECT(there.unwrap(std::string(1, '\0') + told).has_value());
    const auto message = here.wrap(bytes);
    const auto arrived = there.unwrap(message);
    FUZZ_EXPECT(arrived.has_value());
    FUZZ_EXPECT(*arrived == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Messages messages({reinterpret_cast<const char*>(data), size});
    const auto port = messages.number();
    const std::string told = {static_cast<char>(port & 0xffU), static_cast<char>(port >> 8U)};
    kube::PortForwardFraming framing(port);
    std::array<bool, 2> port_told{};
    std::string received;
    while (!messages.ended()) {
        const auto buffer = messages.message();
        const std::string_view message(buffer.data(), buffer.size());
        const auto meaning = meaning_of(message, told, port_told);
        const auto bytes = framing.unwrap(message);
        if (!bytes) {
            expect_error(bytes.error(), meaning);
            break;  // as the tunnel does
        }
        FUZZ_EXPECT(meaning == Meaning::nothing || meaning == Meaning::data);
        FUZZ_EXPECT(*bytes == (meaning == Meaning::data ? message.substr(1) : std::string_view()));
        received += *bytes;
    }
    expect_same_at_the_far_end(port, told, received);
    return 0;
}
