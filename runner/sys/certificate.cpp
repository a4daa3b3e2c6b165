#include "sys/certificate.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace sys {
namespace {

struct Freer {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(unsigned char* text) const { OPENSSL_free(text); }
};

// A certificate is no secret: without this OpenSSL would ask the terminal for the password of
// an encrypted block.
int no_password(char* /*buffer*/, int /*size*/, int /*encrypting*/, void* /*user*/) {
    return -1;
}

using Certificate = std::unique_ptr<X509, Freer>;

std::unexpected<base::Error> none() {
    ERR_clear_error();
    return base::fail(base::ErrorCode::protocol, "there is no certificate in what should be one");
}

// The certificates of a PEM text, one after another.
class Reader {
public:
    explicit Reader(std::string_view pem)
        : text_(pem.size() > std::size_t{std::numeric_limits<int>::max()}
                    ? nullptr
                    : BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))) {}
    // None: that was the last one.
    Certificate next() {
        Certificate read(text_ ? PEM_read_bio_X509(text_.get(), nullptr, &no_password, nullptr) : nullptr);
        if (!read) {
            ERR_clear_error();
        }
        return read;
    }

private:
    std::unique_ptr<BIO, Freer> text_;
};

base::Result<Certificate> first_of(std::string_view pem) {
    auto first = Reader(pem).next();
    if (!first) {
        return none();
    }
    return first;
}

base::Result<std::chrono::sys_seconds> expiry_of(const X509& certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) {
        return none();
    }
    using namespace std::chrono;
    const auto day = sys_days(year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon) + 1) /
                              std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return sys_seconds(day) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

}  // namespace

base::Result<std::chrono::sys_seconds> certificate_expiry(std::string_view pem) {
    TRY_ASSIGN(const auto certificate, first_of(pem));
    return expiry_of(*certificate);
}

base::Result<std::chrono::sys_seconds> last_certificate_expiry(std::string_view pem) {
    base::Result<std::chrono::sys_seconds> last = none();
    Reader reader(pem);
    while (const auto certificate = reader.next()) {
        TRY_ASSIGN(const auto expires, expiry_of(*certificate));
        last = std::max(last.value_or(expires), expires);
    }
    return last;
}

base::Result<std::string> certificate_common_name(std::string_view pem) {
    TRY_ASSIGN(const auto certificate, first_of(pem));
    const X509_NAME* subject = X509_get_subject_name(certificate.get());
    const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0) {
        return std::string();
    }
    unsigned char* name = nullptr;
    const int size = ASN1_STRING_to_UTF8(&name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    const std::unique_ptr<unsigned char, Freer> owned(name);
    if (size < 0) {
        return none();
    }
    return std::string(name, name + size);
}

}  // namespace sys
