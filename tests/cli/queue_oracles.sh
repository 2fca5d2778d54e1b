#!/bin/bash
# The rows of the queue tables that need few jobs; all of them run in `make validate`.
folder=${DATAHALL_SHARED:-../shared}/data/oracles
[[ -d $folder ]] || { echo "ok - queue oracles # SKIP no $folder"; exit 0; }
exec "$1/queue_oracles" "$folder" quick
