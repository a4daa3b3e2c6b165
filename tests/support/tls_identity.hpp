// A key, and a certificate that it has signed itself: for 127.0.0.1, and valid for an hour.
#pragma once

#include <string>

namespace support {

struct TlsIdentity {
    std::string certificate;  // PEM
    std::string key;          // PEM
};
[[nodiscard]] TlsIdentity make_tls_identity();

}  // namespace support
