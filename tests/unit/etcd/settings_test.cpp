#include "etcd/settings.hpp"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using model::Container;
using model::SecretKey;
using model::StatefulSet;
using testing::HasSubstr;

Container container(std::string name, const std::vector<std::pair<std::string, std::string>>& environment = {},
                    std::vector<std::string> arguments = {}) {
    Container made{.name = std::move(name), .arguments = std::move(arguments), .environment = {}, .mounts = {}};
    for (const auto& [key, value] : environment) {
        made.environment.push_back({.name = key, .value = value, .from_secret = std::nullopt});
    }
    return made;
}

StatefulSet set_with(std::vector<Container> containers) {
    StatefulSet set;
    set.meta.name = "etcd";
    set.pod_template.containers = std::move(containers);
    return set;
}

etcd::Settings settings_of(const StatefulSet& set) {
    auto settings = etcd::read_settings(set.pod_template, "StatefulSet " + set.meta.name);
    EXPECT_TRUE(settings) << settings.error().text();
    return settings.value_or(etcd::Settings());
}

TEST(Settings, ChooseTheContainerThatRunsEtcd) {
    EXPECT_EQ(settings_of(set_with({container("proxy"), container("etcd")})).container, "etcd");
    EXPECT_EQ(settings_of(set_with({container("a"), container("b", {}, {"/usr/local/bin/etcd"})})).container, "b");
    EXPECT_EQ(
        settings_of(set_with({container("a", {}, {"etcdctl"}), container("b", {{"ETCD_DATA_DIR", "/d"}})})).container,
        "b");
    const auto none = etcd::read_settings(set_with({container("web", {}, {"nginx"})}).pod_template, "StatefulSet etcd");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, base::ErrorCode::not_found);
    EXPECT_THAT(none.error().message, HasSubstr("no container of StatefulSet etcd runs etcd"));
}

TEST(Settings, AreReadOutOfAScriptThatStartsEtcd) {
    const auto settings = settings_of(set_with({container(
        "etcd", {},
        {"sh", "-ec", "set -x\nexec etcd --data-dir=/d \\\n  --listen-client-urls \"https://0.0.0.0:2479\"\n"})}));
    EXPECT_EQ(settings.data_dir, "/d");
    EXPECT_EQ(settings.client_port, 2479);
    EXPECT_TRUE(settings.tls);
}

TEST(Settings, FindThePasswordInAFileOfASecret) {
    auto set =
        set_with({container("etcd", {{"ETCD_ROOT_PASSWORD_FILE", "/opt/bitnami/etcd/secrets/etcd-root-password"}})});
    set.pod_template.containers[0].mounts = {{.volume = "etcd-secrets", .path = "/opt/bitnami/etcd/secrets"}};
    set.pod_template.secret_volumes = {{.name = "etcd-secrets", .secret = "etcd"}};
    EXPECT_EQ(settings_of(set).root_password, (SecretKey{.secret = "etcd", .key = "etcd-root-password"}));
}

TEST(Settings, AreThoseOfPlainEtcdWhenNothingIsSaid) {
    const auto settings = settings_of(set_with({container("etcd")}));
    EXPECT_EQ(settings.client_port, 2379);
    EXPECT_FALSE(settings.tls);
    EXPECT_FALSE(settings.mutual_tls);
    EXPECT_EQ(settings.cluster_domain, "cluster.local");
    EXPECT_EQ(settings.ca, std::nullopt);
}

TEST(Settings, ComeFromVariablesAndFlagsWin) {
    auto made = container("etcd",
                          {{"ETCD_LISTEN_CLIENT_URLS", "https://0.0.0.0:2479"},
                           {"ETCD_ADVERTISE_CLIENT_URLS", "https://$(N).h.ns.svc.k8s.example:2479,https://x:1"},
                           {"ETCD_CLIENT_CERT_AUTH", "True"},
                           {"ETCD_DATA_DIR", "/bitnami/etcd/data"}},
                          {"etcd", "--client-cert-auth=false", "--data-dir", "/other/data"});
    made.mounts = {{.volume = "data", .path = "/other", .sub_path = ""}};
    const auto settings = settings_of(set_with({made}));
    EXPECT_TRUE(settings.tls);
    EXPECT_EQ(settings.client_port, 2479);
    EXPECT_EQ(settings.cluster_domain, "k8s.example");
    EXPECT_FALSE(settings.mutual_tls);
    EXPECT_EQ(settings.data_dir, "/other/data");
    EXPECT_EQ(settings.data_volume, "data");
}

TEST(Settings, TakeTheNamedPortWhenNoAddressTellsIt) {
    auto set = set_with({container("etcd")});
    set.pod_template.ports = {{.container = "other", .name = "client", .number = 1},
                              {.container = "etcd", .name = "peer", .number = 2},
                              {.container = "etcd", .name = "client", .number = 12379}};
    EXPECT_EQ(settings_of(set).client_port, 12379);
}

TEST(Settings, SurvivePortsThatAreNone) {
    for (const std::string url :
         {"http://x:0", "http://x:99999", "http://x:", "http://", "", ":", "x", "http://x:12x"}) {
        EXPECT_EQ(settings_of(set_with({container("etcd", {{"ETCD_LISTEN_CLIENT_URLS", url}})})).client_port, 2379)
            << url;
    }
}

TEST(Settings, FindTheSecretsBehindTheFiles) {
    auto made = container("etcd", {{"ETCD_LISTEN_CLIENT_URLS", "https://0.0.0.0:2379"},
                                   {"ETCD_TRUSTED_CA_FILE", "/certs/client/ca.crt"},
                                   {"ETCD_CERT_FILE", "/certs/client/server.pem"},
                                   {"ETCD_KEY_FILE", "/certs/client/server.key"},
                                   {"ETCDCTL_CERT", "/ctl/cert"}});
    made.mounts = {{.volume = "certs", .path = "/certs", .sub_path = ""},
                   {.volume = "client", .path = "/certs/client/", .sub_path = ""},
                   {.volume = "one", .path = "/ctl/cert", .sub_path = "tls.crt"}};
    auto set = set_with({made});
    set.pod_template.secret_volumes = {
        {.name = "certs", .secret = "wrong", .items = {}},
        {.name = "client", .secret = "etcd-client", .items = {{"server.pem", "tls.crt"}, {"ca.crt", "authority"}}},
        {.name = "one", .secret = "for-etcdctl", .items = {}}};
    const auto settings = settings_of(set);
    EXPECT_EQ(settings.ca, (SecretKey{.secret = "etcd-client", .key = "authority"}));
    EXPECT_EQ(settings.certificate, (SecretKey{.secret = "for-etcdctl", .key = "tls.crt"})) << "meant for clients";
    EXPECT_EQ(settings.key, std::nullopt) << "server.key is none of the Secret's files";
}

TEST(Settings, TakeACaForClientsForMutualTls) {
    const auto is_mutual = [](const std::vector<std::pair<std::string, std::string>>& more) {
        std::vector<std::pair<std::string, std::string>> all{{"ETCD_LISTEN_CLIENT_URLS", "https://0.0.0.0:2379"}};
        all.insert(all.end(), more.begin(), more.end());
        return settings_of(set_with({container("etcd", all)})).mutual_tls;
    };
    EXPECT_FALSE(is_mutual({}));
    EXPECT_FALSE(is_mutual({{"ETCD_CLIENT_CERT_AUTH", "false"}}));
    EXPECT_TRUE(is_mutual({{"ETCD_CLIENT_CERT_AUTH", "true"}}));
    EXPECT_TRUE(is_mutual({{"ETCD_TRUSTED_CA_FILE", "/c/ca.crt"}}));
}

TEST(Settings, LookForTheAuthorityBesideTheCertificate) {
    auto made =
        container("etcd", {{"ETCD_LISTEN_CLIENT_URLS", "https://0.0.0.0:2379"}, {"ETCD_CERT_FILE", "/c/tls.crt"}});
    made.mounts = {{.volume = "c", .path = "/c", .sub_path = ""}};
    auto set = set_with({made});
    set.pod_template.secret_volumes = {{.name = "c", .secret = "etcd-client-crt", .items = {}}};
    EXPECT_EQ(settings_of(set).ca, (SecretKey{.secret = "etcd-client-crt", .key = "ca.crt"}));
}

TEST(Settings, FindWhatMembersShowEachOther) {
    const auto with_peers = [](const std::string& urls) {
        auto made = container("etcd", {{"ETCD_LISTEN_PEER_URLS", urls},
                                       {"ETCD_PEER_CERT_FILE", "/peer/tls.crt"},
                                       {"ETCD_PEER_TRUSTED_CA_FILE", "/peer/ca.crt"}});
        made.mounts = {{.volume = "peer", .path = "/peer", .sub_path = ""}};
        auto set = set_with({made});
        set.pod_template.secret_volumes = {{.name = "peer", .secret = "etcd-peer-crt", .items = {}}};
        return settings_of(set);
    };
    const auto settings = with_peers("https://0.0.0.0:2380");
    EXPECT_EQ(settings.peer_certificate, (SecretKey{.secret = "etcd-peer-crt", .key = "tls.crt"}));
    EXPECT_EQ(settings.peer_ca, (SecretKey{.secret = "etcd-peer-crt", .key = "ca.crt"}));
    EXPECT_EQ(with_peers("http://0.0.0.0:2380").peer_certificate, std::nullopt) << "etcd does not use it then";
}

TEST(Settings, FindTheSecretOfTheRootPassword) {
    auto made = container("etcd");
    made.environment = {{.name = "ETCD_ROOT_PASSWORD",
                         .value = "",
                         .from_secret = SecretKey{.secret = "etcd", .key = "etcd-root-password"}}};
    EXPECT_EQ(settings_of(set_with({made})).root_password, (SecretKey{.secret = "etcd", .key = "etcd-root-password"}));
}

TEST(Settings, KnowTheQuota) {
    const auto quota = [](const std::string& text) {
        return settings_of(set_with({container("etcd", {{"ETCD_QUOTA_BACKEND_BYTES", text}})})).quota;
    };
    EXPECT_EQ(quota("8589934592"), 8589934592U);
    EXPECT_EQ(quota("0"), std::uint64_t{2} << 30U) << "etcd's default";
    EXPECT_EQ(quota(""), std::uint64_t{2} << 30U);
    EXPECT_EQ(quota("-1"), 0U) << "none";
    EXPECT_EQ(settings_of(set_with({container("etcd", {}, {"etcd", "--quota-backend-bytes=5"})})).quota, 5U);
}

TEST(Settings, FindThePasswordWhereEitherChartHasIt) {
    auto ours = container("etcd", {{"ETCDCTL_USER", "root"}});
    ours.environment.push_back(
        {.name = "ETCDCTL_PASSWORD", .value = {}, .from_secret = SecretKey{.secret = "etcd", .key = "ours"}});
    EXPECT_EQ(settings_of(set_with({ours})).root_password->key, "ours");
    ours.environment.push_back(
        {.name = "ETCD_ROOT_PASSWORD", .value = {}, .from_secret = SecretKey{.secret = "etcd", .key = "bitnamis"}});
    EXPECT_EQ(settings_of(set_with({ours})).root_password->key, "bitnamis");
}

}  // namespace
