// Changing helm's record of a release.
#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr std::chrono::seconds call_limit{30};

}  // namespace

base::Result<void> Client::rewrite_release(const std::string& namespace_name, const ReleaseSecret& secret,
                                           const std::function<base::Result<std::string>(std::string_view)>& edit,
                                           const Scope& scope) const {
    const std::string path =
        "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/secrets/" + percent_encoded(secret.name);
    const std::string what = "changing Secret " + secret.name;
    const auto limit = [&] { return std::min(scope.deadline, clock_.now() + call_limit); };
    TRY_ASSIGN(const auto read, http_.send(request_to(connection_, "GET", path), scope.stop, limit()));
    if (read.status != 200) {
        return std::unexpected(to_error(read, what));
    }
    TRY_ASSIGN(auto object, json::guarded("helm's Secret", [&] { return json::parse(read.body); }));
    TRY_ASSIGN(const auto payload, json::guarded("helm's Secret", [&] {
                   return json::required_text(json::object(object, "data"), "release");
               }));
    TRY_ASSIGN(const auto inner, base::base64_decode(payload));
    TRY_ASSIGN(const auto edited, edit(inner));
    auto written = request_to(connection_, "PUT", path);
    TRY_ASSIGN(written.body, json::guarded("helm's Secret", [&] {
                   object["data"]["release"] = base::base64_encode(edited);
                   object["metadata"]["labels"]["status"] = secret.status;
                   return object.dump();  // with the resource version that was read
               }));
    written.headers.emplace_back("Content-Type", "application/json");
    TRY_ASSIGN(const auto answer, http_.send(written, scope.stop, limit()));
    if (answer.status != 200) {
        return std::unexpected(to_error(answer, what));
    }
    return {};
}

}  // namespace kube
