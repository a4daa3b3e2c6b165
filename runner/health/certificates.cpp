// When the certificates expire that members and clients show.
#include <chrono>
#include <string>

#include "health/case.hpp"

namespace health {
namespace {

using std::chrono::days;
using std::chrono::hours;

// kubeadm, cert-manager and OpenShift begin to worry at a month, too.
constexpr days soon{30};

std::string time_until(std::chrono::microseconds left) {
    const auto whole_days = std::chrono::duration_cast<days>(left).count();
    if (whole_days >= 2) {
        return "in " + std::to_string(whole_days) + " days";
    }
    const auto whole_hours = std::chrono::duration_cast<hours>(left).count();
    return whole_hours >= 1 ? "in " + std::to_string(whole_hours) + " hours" : "within the hour";
}

using Use = model::StoredCertificate::Use;

std::string name_of(Use use) {
    switch (use) {
        case Use::client: return "the client certificate";
        case Use::client_authority: return "the authority of client connections";
        case Use::peer: return "the certificate that members show each other";
        case Use::peer_authority: return "the authority of the members' own connections";
    }
    return {};
}

// etcd reads certificates anew for each connection, authorities only when it starts.
// https://github.com/etcd-io/etcd/blob/main/client/pkg/transport/listener.go
std::string renewal_of(const model::StoredCertificate& stored) {
    const auto& key = stored.place.key;
    const std::string copies = ", and wherever clients have a copy";
    const auto add_to = [&key](const std::string& elsewhere) {
        return "add a new authority to " + key + " in that Secret" + elsewhere +
               ", restart the members one at a time, and only then renew what the old one has signed";
    };
    switch (stored.use) {
        case Use::client: return "renew " + key + " in that Secret" + copies;
        case Use::client_authority: return add_to(copies);
        case Use::peer: return "renew " + key + " in that Secret; the members read it anew by themselves";
        case Use::peer_authority: return add_to("");
    }
    return {};
}

// One certificate, of a pod or (subject empty) from a Secret.
struct Shown {
    std::string whose;
    std::string subject;
    model::Timestamp expires;
    std::string hint;
};

void judge_one(Case& one, const Shown& shown) {
    const auto left = shown.expires - one.seen().now;
    if (left <= std::chrono::microseconds::zero()) {
        one.fail("certificate-expired", shown.subject, shown.whose + " has expired", shown.hint);
    } else if (left < soon) {
        one.warn("certificate-expiry", shown.subject, shown.whose + " expires " + time_until(left), shown.hint);
    }
}

}  // namespace

void judge_certificates(Case& one) {
    for (const auto& member : one.members()) {
        if (member.certificate_expires) {
            judge_one(one, {.whose = "the certificate that it serves",
                            .subject = member.pod,
                            .expires = *member.certificate_expires,
                            .hint = renew_served_certificate});
        }
    }
    for (const auto& stored : one.seen().certificates) {
        judge_one(one, {.whose = name_of(stored.use) + " in Secret " + stored.place.secret,
                        .subject = {},
                        .expires = stored.expires,
                        .hint = renewal_of(stored)});
    }
}

}  // namespace health
