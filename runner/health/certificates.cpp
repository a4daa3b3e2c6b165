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

// One certificate, of a pod or (subject empty) of the clients.
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
    if (const auto& client = one.seen().client_certificate) {
        judge_one(one, {.whose = "the client certificate in Secret " + client->place.secret,
                        .subject = {},
                        .expires = client->expires,
                        .hint = "renew " + client->place.key + " in that Secret, and wherever clients have a copy"});
    }
}

}  // namespace health
