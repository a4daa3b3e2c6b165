#include "sys/addresses.hpp"

#include <array>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

namespace sys {
namespace {

std::string text_of(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (address != nullptr && address->sa_family == AF_INET) {
        bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    } else if (address != nullptr && address->sa_family == AF_INET6) {
        bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    }
    const bool good = bytes != nullptr && inet_ntop(address->sa_family, bytes, text.data(), text.size()) != nullptr;
    return good ? text.data() : "";
}

}  // namespace

bool is_own_address(const std::string& host) {
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
    if (bare.empty()) {
        return false;
    }
    if (bare == "localhost" || bare == "127.0.0.1" || bare == "::1") {
        return true;
    }
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) {
        return false;
    }
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(first, freeifaddrs);
    for (const auto* entry = all.get(); entry != nullptr; entry = entry->ifa_next) {
        if (text_of(entry->ifa_addr) == bare) {
            return true;
        }
    }
    return false;
}

}  // namespace sys
