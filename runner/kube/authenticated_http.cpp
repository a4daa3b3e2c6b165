#include "kube/authenticated_http.hpp"

#include <utility>

#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr const char* header_name = "Authorization";
constexpr int unauthorized = 401;

}  // namespace

base::Error refusal_of(const sys::HttpResponse& response, const Credentials& credentials) {
    auto error = to_error(response, {});
    error.hint = credentials.hint();
    return error;
}

void authenticate(std::vector<std::pair<std::string, std::string>>& headers, std::shared_ptr<const sys::Tls>& tls,
                  const Credential& credential) {
    std::erase_if(headers, [](const auto& header) { return header.first == header_name; });
    if (!credential.authorization.empty()) {
        headers.emplace_back(header_name, credential.authorization);
    }
    tls = credential.tls;
}

Credential credential_of(const std::vector<std::pair<std::string, std::string>>& headers,
                         const std::shared_ptr<const sys::Tls>& tls) {
    Credential credential{.authorization = {}, .tls = tls};
    for (const auto& [name, value] : headers) {
        if (name == header_name) {
            credential.authorization = value;
        }
    }
    return credential;
}

base::Result<sys::HttpResponse> AuthenticatedHttp::perform(sys::HttpRequest request, const Attempt& attempt,
                                                           const Scope& scope) {
    for (bool is_first = true;; is_first = false) {
        TRY_ASSIGN(const auto credential, credentials_->current(scope));
        authenticate(request.headers, request.tls, credential);
        auto response = attempt(request);
        if (!response || response->status != unauthorized) {
            return response;
        }
        bool has_another = false;
        if (is_first) {
            TRY_ASSIGN(has_another, credentials_->renew(credential, scope));
        }
        if (!has_another) {
            return std::unexpected(refusal_of(*response, *credentials_));
        }
    }
}

base::Result<sys::HttpResponse> AuthenticatedHttp::send(const sys::HttpRequest& request, std::stop_token stop,
                                                        sys::Deadline deadline) {
    return perform(request, [&](const auto& ready) { return http_.send(ready, stop, deadline); }, {stop, deadline});
}

base::Result<sys::HttpResponse> AuthenticatedHttp::stream(const sys::HttpRequest& request,
                                                          std::function<bool(std::string_view)> on_data,
                                                          std::stop_token stop, sys::Deadline deadline) {
    return perform(request, [&](const auto& ready) { return http_.stream(ready, on_data, stop, deadline); },
                   {stop, deadline});
}

}  // namespace kube
