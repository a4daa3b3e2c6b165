# The action's image: the runner, helm, the chart, CA certificates, nothing else.
# Base images are pinned by tag.

FROM golang:1.27-bookworm AS helm
WORKDIR /src
COPY sandbox/programs/helm/go.mod sandbox/programs/helm/go.sum ./
RUN go mod download
# The version is what go.mod says.
RUN version="$(go list -m -f '{{.Version}}' helm.sh/helm/v4)" \
    && CGO_ENABLED=0 go build -trimpath -buildvcs=false \
       -ldflags "-s -w -X helm.sh/helm/v4/internal/version.version=$version" \
       -o /out/helm helm.sh/helm/v4/cmd/helm

FROM debian:bookworm-slim AS runner
RUN apt-get update && apt-get install -y --no-install-recommends \
      g++ cmake ninja-build ca-certificates libboost1.81-dev libcurl4-openssl-dev libssl-dev zlib1g-dev \
      nlohmann-json3-dev libyaml-cpp-dev libyaml-dev libspdlog-dev libcli11-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY runner runner
RUN cmake --preset release && cmake --build --preset release && strip build/release/etcd-deploy
COPY charts/etcd charts/etcd
# The program, and the shared libraries that the loader would load.
RUN set -eu; root=/out; \
    mkdir -p "$root/usr/local/bin" "$root/usr/local/share/etcd-deploy/charts" "$root/etc/ssl/certs" "$root/tmp"; \
    chmod 1777 "$root/tmp"; \
    cp build/release/etcd-deploy "$root/usr/local/bin/"; \
    cp -r charts/etcd "$root/usr/local/share/etcd-deploy/charts/"; \
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"; \
    printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"; \
    ldd build/release/etcd-deploy | grep -o '/[^ ]*' | sort -u > libraries; \
    while read -r library; do cp -L --parents "$library" "$root"; done < libraries

FROM scratch
COPY --from=helm /out/helm /usr/local/bin/helm
COPY --from=runner /out/ /
ENV PATH=/usr/local/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    HELM_CACHE_HOME=/tmp/helm/cache HELM_CONFIG_HOME=/tmp/helm/config HELM_DATA_HOME=/tmp/helm/data
ENTRYPOINT ["/usr/local/bin/etcd-deploy"]
