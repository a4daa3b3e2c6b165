#include "operate/endpoints.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/text.hpp"
#include "rollout/view.hpp"

namespace operate {
namespace {

constexpr std::size_t longest_address = 300;  // a DNS name has at most 253 characters

// "http://etcd-0.etcd-headless.ns.svc.cluster.local:2379/" -> without scheme and slash.
std::string address_in(const std::string& url) {
    const auto scheme = url.find("://");
    std::string address = scheme == std::string::npos ? url : url.substr(scheme + 3);
    if (address.ends_with('/')) {
        address.pop_back();
    }
    return address;
}

// A host and a port that mean the same to whoever uses them. etcd's own default is to
// advertise http://localhost:2379.
bool is_usable(const std::string& address) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0 || address.size() > longest_address) {
        return false;
    }
    const auto host = address.substr(0, colon);
    const auto port = address.substr(colon + 1);
    std::uint16_t number = 0;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || number == 0) {
        return false;
    }
    const bool is_v6 = host.starts_with('[') && host.ends_with(']');
    const std::string_view allowed =
        is_v6 ? "0123456789abcdefABCDEF:.[]" : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    return host.find_first_not_of(allowed) == std::string::npos && host != "localhost" && host != "0.0.0.0" &&
           host != "[::]" && host != "[::1]" && !host.starts_with("127.");
}

std::string pod_address(const std::string& pod, const Place& place) {
    return pod + "." + place.set.service_name + "." + place.namespace_name + ".svc." + place.settings.cluster_domain +
           ":" + std::to_string(place.settings.client_port);
}

bool is_pod_of(const std::string& name, const model::StatefulSet& set) {
    return name == set.meta.name + "-" + std::to_string(rollout::ordinal(name));
}

// The client Service stands beside the headless one: "etcd-headless" -> "etcd".
std::string service_address(const Place& place, const std::vector<std::string>& endpoints) {
    const std::string suffix = "-headless";
    const auto& headless = place.set.service_name;
    if (!headless.ends_with(suffix) || endpoints.empty()) {
        return {};
    }
    const auto& first = endpoints.front();
    const auto rest = first.find(headless);
    return rest == std::string::npos
               ? std::string()
               : headless.substr(0, headless.size() - suffix.size()) + first.substr(rest + headless.size());
}

}  // namespace

std::string endpoint_of(const model::ListedMember& member, const Place& place) {
    if (!member.client_urls.empty()) {
        // The first one: the Bitnami chart advertises the Service of all members as a second.
        if (auto address = address_in(member.client_urls.front()); is_usable(address)) {
            return address;
        }
    }
    return is_pod_of(member.name, place.set) ? pod_address(member.name, place) : std::string();
}

base::Result<std::vector<std::string>> endpoints_of(std::vector<model::ListedMember> members, const Place& place) {
    // Without a name it has never been started; a learner takes no requests.
    std::erase_if(members, [](const auto& member) { return member.name.empty() || member.is_learner; });
    std::ranges::sort(members, {}, [](const auto& member) {
        return std::tuple(rollout::ordinal(member.name), member.name, member.id);
    });
    std::vector<std::string> endpoints;
    for (const auto& member : members) {
        auto endpoint = endpoint_of(member, place);
        if (endpoint.empty()) {
            return base::fail(base::ErrorCode::etcd_unhealthy,
                              "member " + base::shorten(base::printable(member.name), 80) +
                                  " tells no address at which others could reach it",
                              "set its advertise-client-urls");
        }
        if (std::ranges::find(endpoints, endpoint) == endpoints.end()) {
            endpoints.push_back(std::move(endpoint));
        }
    }
    if (endpoints.empty()) {
        return base::fail(base::ErrorCode::etcd_unhealthy, "etcd lists no member that a client could use",
                          "see what it says: kubectl exec POD -- etcdctl member list");
    }
    return endpoints;
}

void record_connection(const Run& run, const Place& place, std::vector<std::string> endpoints) {
    auto& record = run.record();
    const auto& settings = place.settings;
    record.service_address = service_address(place, endpoints);
    // Without a scheme etcd's clients take plain HTTP for granted, most of them.
    record.backend_value =
        endpoints.empty() ? std::string()
                          : (settings.tls ? "https://" : "") + base::join(endpoints, settings.tls ? ",https://" : ",");
    if (const auto& wanted = run.request().env; !wanted.name.empty()) {
        record.backend_variable = wanted.name;
        record.backend_path = wanted.path;
    }
    record.client = model::ClientNeeds{.tls = settings.tls,
                                       .mutual_tls = settings.mutual_tls,
                                       .ca = settings.ca,
                                       .certificate = settings.certificate,
                                       .key = settings.key,
                                       .root_password = settings.root_password};
    record.endpoints = std::move(endpoints);
}

void record_endpoints(const Run& run, const model::StatefulSet& set, const etcd::Settings& settings,
                      const model::ClusterHealth& health) {
    const Place place{.set = set, .settings = settings, .namespace_name = run.namespace_name()};
    // A member that is down for a moment stays one: as a member sees it that has just answered with a majority behind
    // it.
    const auto knows = std::ranges::find_if(
        health.members, [](const auto& member) { return member.linearizable_read && member.members.has_value(); });
    if (knows != health.members.end()) {
        if (auto endpoints = endpoints_of(*knows->members, place)) {
            return record_connection(run, place, std::move(*endpoints));
        }
    }
    std::vector<std::string> endpoints;
    for (const auto& member : health.members) {
        if (!member.linearizable_read) {
            continue;
        }
        model::ListedMember listed{.name = member.pod};
        if (member.members) {
            const auto own = std::ranges::find(*member.members, member.pod, &model::ListedMember::name);
            listed = own == member.members->end() ? listed : *own;
        }
        if (auto endpoint = endpoint_of(listed, place); !endpoint.empty()) {
            endpoints.push_back(std::move(endpoint));
        }
    }
    record_connection(run, place, std::move(endpoints));
}

}  // namespace operate
