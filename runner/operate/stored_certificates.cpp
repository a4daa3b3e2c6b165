#include "operate/stored_certificates.hpp"

#include "sys/certificate.hpp"

namespace operate {

CertificatePlaces peer_certificates(const etcd::Settings& settings, std::size_t replicas) {
    CertificatePlaces places;
    if (replicas > 1 && settings.peer_certificate) {
        places.emplace_back(CertificateUse::peer, *settings.peer_certificate);
    }
    if (replicas > 1 && settings.peer_ca) {
        places.emplace_back(CertificateUse::peer_authority, *settings.peer_ca);
    }
    return places;
}

void add_client_certificates(model::Observations& seen, const EtcdMembers& members) {
    const auto& settings = members.settings();
    if (settings.certificate) {
        add_certificate(seen, CertificateUse::client, *settings.certificate, members.client_certificate());
    }
    if (settings.ca) {
        add_certificate(seen, CertificateUse::client_authority, *settings.ca, members.client_authorities());
    }
}

void add_certificate(model::Observations& seen, CertificateUse use, const model::SecretKey& place,
                     const std::string& pem) {
    const bool is_authority = use == CertificateUse::client_authority || use == CertificateUse::peer_authority;
    const auto expires = is_authority ? sys::last_certificate_expiry(pem) : sys::certificate_expiry(pem);
    if (expires) {
        seen.certificates.push_back({.use = use, .place = place, .expires = *expires});
    }
}

}  // namespace operate
