#include "sys/certificate.hpp"

#include <ctime>
#include <limits>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace sys {
namespace {

struct Freer {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};

// A certificate is no secret: without this OpenSSL would ask the terminal for the password of
// an encrypted block.
int no_password(char* /*buffer*/, int /*size*/, int /*encrypting*/, void* /*user*/) {
    return -1;
}

}  // namespace

base::Result<std::chrono::sys_seconds> certificate_expiry(std::string_view pem) {
    const auto none = [] {
        ERR_clear_error();
        return base::fail(base::ErrorCode::protocol, "there is no certificate in what should be one");
    };
    if (pem.size() > std::size_t{std::numeric_limits<int>::max()}) {
        return none();
    }
    const std::unique_ptr<BIO, Freer> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::unique_ptr<X509, Freer> certificate(text ? PEM_read_bio_X509(text.get(), nullptr, &no_password, nullptr)
                                                        : nullptr);
    std::tm parts{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1) {
        return none();
    }
    using namespace std::chrono;
    const auto day = sys_days(year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon) + 1) /
                              std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return sys_seconds(day) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

}  // namespace sys
