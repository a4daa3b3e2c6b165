// When certificates that stand in Secrets expire.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/etcd.hpp"
#include "operate/etcd_members.hpp"

namespace operate {

using CertificateUse = model::StoredCertificate::Use;
using CertificatePlaces = std::vector<std::pair<CertificateUse, model::SecretKey>>;

// Those that members show each other, and who has signed them; none where there is but one member.
[[nodiscard]] CertificatePlaces peer_certificates(const etcd::Settings& settings, std::size_t replicas);

// Adds those that clients show and trust; they are known already.
void add_client_certificates(model::Observations& seen, const EtcdMembers& members);

// Adds when what this PEM text holds expires, if it holds a certificate at all.
void add_certificate(model::Observations& seen, CertificateUse use, const model::SecretKey& place,
                     const std::string& pem);

}  // namespace operate
