# A fresh Debian 12 in which upnas is built and tested.
#   docker build -t upnas .
#   docker run --rm -it -v "$PWD:/upnas" upnas ./dev test
# .devcontainer/devcontainer.json opens the same in an editor. The packages are those that ./dev
# installs when they are missing: they are named there, and nowhere else.
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git && rm -rf /var/lib/apt/lists/*
WORKDIR /upnas
COPY dev .
RUN ./dev packages && rm -rf /var/lib/apt/lists/*
COPY . .
CMD ["./dev", "run"]
