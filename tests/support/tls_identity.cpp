#include "support/tls_identity.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace support {
namespace {

struct Freer {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Freer>;

void require(bool done) {
    if (!done) {
        throw std::runtime_error("OpenSSL makes no certificate");
    }
}

template <typename Write>
std::string pem(const Write& write) {
    const Owned<BIO> text(BIO_new(BIO_s_mem()));
    require(text != nullptr && write(text.get()) == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

TlsIdentity make_tls_identity() {
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const Owned<X509> certificate(X509_new());
    require(key != nullptr && certificate != nullptr);
    X509* made = certificate.get();
    constexpr long an_hour = 3600;
    require(X509_set_version(made, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(made), -an_hour) != nullptr &&
            X509_gmtime_adj(X509_getm_notAfter(made), an_hour) != nullptr && X509_set_pubkey(made, key.get()) == 1);
    X509_NAME* name = X509_get_subject_name(made);
    const std::string common_name = "test";
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                       reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1 &&
            X509_set_issuer_name(made, name) == 1);
    const Owned<X509_EXTENSION> names(X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
    require(names != nullptr && X509_add_ext(made, names.get(), -1) == 1 &&
            X509_sign(made, key.get(), EVP_sha256()) != 0);
    return {.certificate = pem([made](BIO* text) { return PEM_write_bio_X509(text, made); }),
            .key = pem([&key](BIO* text) {
                return PEM_write_bio_PrivateKey(text, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

}  // namespace support
