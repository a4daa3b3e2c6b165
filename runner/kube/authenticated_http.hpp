// Http that adds our credentials to each request. A 401 renews them once, and the request
// goes out once more; so watches, calls and writes need not know about it. (A refused
// request was not carried out, so that repeating it is safe.)
// Shared by the source files of this folder only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kube/absence.hpp"
#include "kube/credentials.hpp"
#include "sys/http.hpp"

namespace kube {

class AuthenticatedHttp final : public sys::Http {
public:
    AuthenticatedHttp(sys::Http& http, std::shared_ptr<Credentials> credentials, std::shared_ptr<Absence> absence)
        : http_(http), credentials_(std::move(credentials)), absence_(std::move(absence)) {}

    // As Http's; a 401 that stays is an error (unauthorized), with a hint that fits the kind
    // of credential. More errors: those of Credentials::current.
    [[nodiscard]] base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                                       sys::Deadline deadline) override;
    [[nodiscard]] base::Result<sys::HttpResponse> stream(const sys::HttpRequest& request,
                                                         std::function<bool(std::string_view)> on_data,
                                                         std::stop_token stop, sys::Deadline deadline) override;

private:
    using Attempt = std::function<base::Result<sys::HttpResponse>(const sys::HttpRequest&)>;
    [[nodiscard]] base::Result<sys::HttpResponse> perform(sys::HttpRequest request, const Attempt& attempt,
                                                          const Scope& scope);
    void note(const base::Result<sys::HttpResponse>& response);

    sys::Http& http_;
    std::shared_ptr<Credentials> credentials_;
    std::shared_ptr<Absence> absence_;
};

// A 401 that stays, as an Error.
[[nodiscard]] base::Error refusal_of(const sys::HttpResponse& response, const Credentials& credentials);

// Puts the credential into the request, in place of the one that is there.
void authenticate(std::vector<std::pair<std::string, std::string>>& headers, std::shared_ptr<const sys::Tls>& tls,
                  const Credential& credential);

// The credential that authenticate() has put there.
[[nodiscard]] Credential credential_of(const std::vector<std::pair<std::string, std::string>>& headers,
                                       const std::shared_ptr<const sys::Tls>& tls);

}  // namespace kube
