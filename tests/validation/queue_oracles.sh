#!/bin/bash
# Every queue, priority and repair table of ../shared/data/oracles, simulated on the engine; VALIDATE=quick: the rows
# that need few jobs.
folder=${DATAHALL_SHARED:-../shared}/data/oracles
[[ -d $folder ]] || { echo "ok - queue oracles # SKIP no $folder"; exit 0; }
exec "$1/queue_oracles" "$folder" ${VALIDATE:+quick}
