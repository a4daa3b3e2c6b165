#include "base/redaction.hpp"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace {

std::string redacted(std::string_view secret, std::string_view text) {
    base::Redactor redactor;
    redactor.add(secret);
    return redactor.redact(text);
}

TEST(Redactor, MasksASecretWhereverItStands) {
    EXPECT_EQ(redacted("s3cret", "s3cret, then 's3cret'!"), "***, then '***'!");
    EXPECT_EQ(redacted(" s3cret\n", "x=s3cret"), "x=***");
    EXPECT_EQ(redacted("s3cret", "nothing here"), "nothing here");
}

TEST(Redactor, LeavesTheLogReadableWhenASecretIsTrivial) {
    for (const char* trivial :
         {"", "abc", "true", "False", "null", "none", "{", "{}{}", "----", "2379", "12345", " \n "}) {
        const std::string log = "{ \"ready\": true, \"none\": null, False } ---- {}{} port 2379 12345 abc";
        EXPECT_EQ(redacted(trivial, log), log) << trivial;
    }
}

TEST(Redactor, MasksBase64FormsToo) {
    for (const char* secret : {"s3cret", "s3cret!", "s3cret!!"}) {
        const std::string padded = base::base64_encode(secret);
        EXPECT_EQ(redacted(secret, "data: " + padded + "."), "data: ***.");
        EXPECT_EQ(redacted(secret, "data: " + padded.substr(0, padded.find('=')) + "."), "data: ***.");
        EXPECT_EQ(redacted(secret, "data: " + base::base64_encode(std::string(secret) + "\n") + "."), "data: ***.");
    }
}

TEST(Redactor, MasksBase64OfALargerTextThatHoldsTheSecret) {
    const std::string secret = "s3cret-of-the-user";
    for (const std::string before : {"", "u", "me", "you", "user:", "token: "}) {
        for (const std::string after : {"", "\n", "\"}", ", and more"}) {
            const auto clean = redacted(secret, base::base64_encode(before + secret + after));
            EXPECT_THAT(clean, testing::HasSubstr("***")) << before << after;
            // What is left of it is at most a digit at each end.
            const auto rest = clean.size() - 3;
            EXPECT_LE(rest, (before.size() + after.size() + 2) / 3 * 4 + 4) << clean;
        }
    }
}

TEST(Redactor, MasksASecretInQuotes) {
    EXPECT_EQ(redacted(R"(pass"word\x)", R"({"a": "pass\"word\\x"})"), R"({"a": "***"})");
    EXPECT_EQ(redacted("it's-me", "a: 'it''s-me'"), "a: '***'");
}

TEST(Redactor, MasksWhatManyThreadsTellIt) {
    base::Redactor redactor;
    {
        std::vector<std::jthread> threads;
        for (int number = 0; number < 8; ++number) {
            threads.emplace_back([&redactor, number] {
                const std::string secret = "secret-number-" + std::to_string(number);
                redactor.add(secret);
                EXPECT_EQ(redactor.redact("x " + secret), "x ***");
            });
        }
    }
    EXPECT_EQ(redactor.redact("secret-number-0 secret-number-7"), "*** ***");
}

TEST(Redactor, MasksLinesOfAKeyButNotItsHeader) {
    const std::string key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQ\nFAKE\n-----END EC PRIVATE KEY-----\n";
    EXPECT_EQ(redacted(key, "line: MHcCAQEEIIrYSSNQ"), "line: ***");
    EXPECT_EQ(redacted(key, "-----BEGIN EC PRIVATE KEY----- FAKE"), "-----BEGIN EC PRIVATE KEY----- FAKE");
    EXPECT_EQ(redacted(key, "<" + key + ">"), "<***\n>");
}

TEST(Redactor, MasksOnlyTheSecretsOfAStructuredText) {
    const std::string kubeconfig =
        "apiVersion: v1\nkind: Config\nusers:\n- name: sandbox-admin\n  user:\n    token: 'abc.def.ghi'\n"
        "    client-key-data: S0VZS0VZ\n    short: x\n  \"password\": \"hunter2hunter2\",\n";
    EXPECT_EQ(redacted(kubeconfig, "apiVersion: v1 kind: Config sandbox-admin - name: sandbox-admin"),
              "apiVersion: v1 kind: Config sandbox-admin - name: sandbox-admin");
    EXPECT_EQ(redacted(kubeconfig, "abc.def.ghi S0VZS0VZ hunter2hunter2"), "*** *** ***");
}

TEST(Redactor, LeavesNoPartOfOverlappingSecrets) {
    base::Redactor redactor;
    redactor.add("abcdef");
    redactor.add("defghi");
    redactor.add("abcd");
    EXPECT_EQ(redactor.redact("-abcdefghi-abcd-"), "-***-***-");
    EXPECT_EQ(redacted("xyxyx", "xyxyxyx."), "***.");
}

TEST(Redactor, TellsItsSingleLinesLongestFirst) {
    base::Redactor redactor;
    redactor.add("first-secret\nsecond-line-of-it");
    redactor.add("first-secret");
    const auto values = redactor.values();
    EXPECT_THAT(values, testing::Contains("first-secret").Times(1));
    EXPECT_THAT(values, testing::Contains("second-line-of-it"));
    EXPECT_THAT(values, testing::Each(testing::Not(testing::HasSubstr("\n"))));
    EXPECT_TRUE(std::ranges::is_sorted(values, std::ranges::greater{}, &std::string::size));
}

TEST(SecretNames, AreRecognised) {
    for (const char* name : {"password",
                             "auth.rbac.rootPassword",
                             "ETCD_ROOT_PASSWORD",
                             "root-password",
                             "token",
                             "auth.jwtToken",
                             "privateKey",
                             "private_key",
                             "client-key-data",
                             "TLSKey",
                             "tls.key",
                             "data.tls\\.key",
                             "AWS_SECRET_ACCESS_KEY",
                             "secretKey",
                             "apikey",
                             "API_KEY",
                             "db.pass",
                             "DB_PWD",
                             "extraEnvVars[0].ROOT_PASSWORD",
                             "passwords[1]",
                             "secrets.database",
                             "passphrase",
                             "registry.credentials",
                             "kubeconfig",
                             "rootpassword"}) {
        EXPECT_TRUE(base::names_a_secret(name)) << name;
    }
}

TEST(SecretNames, AreNotSeenWhereThereAreNone) {
    for (const char* name : {"",
                             ".",
                             "replicaCount",
                             "auth.rbac.create",
                             "auth.existingSecret",
                             "auth.existingSecretPasswordKey",
                             "image.pullSecrets[0]",
                             "global.imagePullSecrets[0].name",
                             "tokenTTL",
                             "auth.token.ttl",
                             "passwordFile",
                             "usePasswordFiles",
                             "secretName",
                             "secretKeyRef.name",
                             "tolerations[0].key",
                             "topologyKey",
                             "auth.token.type",
                             "automountServiceAccountToken",
                             "initialClusterToken",
                             "compass",
                             "keyspace",
                             "author",
                             "passed"}) {
        EXPECT_FALSE(base::names_a_secret(name)) << name;
    }
}

TEST(Redactor, HidesALongSecretWhoseBase64IsBrokenIntoLines) {
    std::string key;
    for (int i = 0; i < 150; ++i) {
        key += static_cast<char>('!' + (i * 7) % 90);
    }
    base::Redactor redactor;
    redactor.add(key);
    const auto encoded = base::base64_encode(key);
    for (const std::size_t columns : {64U, 76U}) {
        std::string text;
        for (std::size_t begin = 0; begin < encoded.size(); begin += columns) {
            text += encoded.substr(begin, columns) + "\n";
        }
        EXPECT_EQ(redactor.redact(text).find_first_not_of("*\n"), std::string::npos) << redactor.redact(text);
    }
}

}  // namespace
