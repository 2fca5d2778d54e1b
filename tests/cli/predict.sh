#!/bin/bash
# datahall predict: kinds, options, what is refused. Figures: tests/validation/money.py.
# shellcheck source=tests/cli/tap.bash
. tests/cli/tap.bash

cat >"$tmp/rate.json" <<'JSON'
{"ElectricLoad": {"year": 2024, "loads_kw": []},
 "ElectricTariff": {"urdb_response": {"energyratestructure": [[{"rate": 0.25}], [{"rate": 0.5}]],
  "energyweekdayschedule": SCHEDULE, "energyweekendschedule": SCHEDULE}}}
JSON
day="[0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,1,1,1,0,0,0,0]"
sed -i "s/SCHEDULE/[$day,$day,$day,$day,$day,$day,$day,$day,$day,$day,$day,$day]/g" "$tmp/rate.json"
printf 'hour,kw\n9,8\n8,4\n' >"$tmp/hours.csv"
printf 'time,kw\n2024-01-31T23:00:00Z,8\n2024-02-01T00:00:00Z,4\n' >"$tmp/time.csv"
printf 'start_s,kw\n0,10\n28800,4\n36000,0\n' >"$tmp/seconds.csv"
printf 'case,tariff,year,hour,kw,energy_usd\na,rate.json,2023,9,8,5\na,rate.json,2023,10,1,\nb,rate.json,2024,9,8,4\n' >"$tmp/cases.csv"
printf 'time,g_per_kwh\n2024-01-01T00:00Z,100\n2024-01-01T01:00Z,\n2024-01-01T02:00Z,400\n' >"$tmp/carbon.csv"

predict() { gives 0 "$datahall" predict "$@"; }
is "kinds are listed" eval 'predict && says out "^bill " && says out "^carbon "'
is "hours of the year, in any order" eval 'predict bill -i "$tmp/hours.csv" --tariff "$tmp/rate.json" && says out "^,2024-01,12,8,5,0,0,5$" && says out "^,2024-12,0,0,0,0,0,0$" && says out "^,all,12,8,5,"'
is "the rate first is the same" eval 'cp "$tmp/out" "$tmp/first"; predict bill -i "$tmp/rate.json" --load "$tmp/hours.csv" && cmp "$tmp/out" "$tmp/first"'
is "a rate alone bills nothing, and says so" eval 'predict bill -i "$tmp/rate.json" && says out "^,all,0,0,0,0,0,0$" && says err "no load"'
is "instants; months are rows" eval 'predict bill -i "$tmp/time.csv" --tariff "$tmp/rate.json" && says out "^,2024-01,8,8,2," && says out "^,2024-02,4,4,1,"'
is "seconds; a value holds until the next" eval 'predict bill -i "$tmp/seconds.csv" --tariff "$tmp/rate.json" --year 2023 --json && says out "\"energy_usd\": 24" && says out "\"energy_kwh\": 88"'
is "cases in one table, with measured bills" eval 'predict bill -i "$tmp/cases.csv" --json && says out "\"case\": \"b\"" && says out "\"predicted\": 2" && says out "\"mape\": 5"'
is "a tariff of the catalog" eval 'predict bill -i "$tmp/hours.csv" --tariff flat-industrial --year 2025 && says out "^,all,12,8,0.996"'
is "a tariff of a scenario" predict bill -i "$tmp/hours.csv" --tariff scenarios/examples/hot-weather.xml --year 2025
is "carbon with a gap" eval 'predict carbon -i "$tmp/carbon.csv" && says out "^2024-01-01T01:00:00Z,$" && predict carbon -i "$tmp/carbon.csv" --json && says out "\"gaps\": 1" && says out "\"mean_g_per_kwh\": 250"'
is "a load without tariff is explained" eval 'gives 2 "$datahall" predict bill -i "$tmp/hours.csv" && says err "needs a tariff"'
is "an unknown tariff is explained" eval 'gives 65 "$datahall" predict bill -i "$tmp/hours.csv" --tariff nowhere --year 2025 && says err nowhere'
is "hours without a year are explained" eval 'gives 65 "$datahall" predict bill -i "$tmp/hours.csv" --tariff flat-industrial && says err "which year"'
is "an hour beyond the year is explained" eval 'printf "hour,kw\n8761,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict bill -i "$tmp/x.csv" --tariff flat-industrial --year 2023 && says err "hour 8761"'
is "a repeated hour is explained" eval 'printf "hour,kw\n5,1\n5,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict bill -i "$tmp/x.csv" --tariff flat-industrial --year 2023 && says err "twice"'
is "a missing column is explained" eval 'printf "hour,x\n5,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict bill -i "$tmp/x.csv" --tariff flat-industrial --year 2023 && says err "kw"'
is "a wrong year is a usage error" gives 2 "$datahall" predict bill -i "$tmp/x.csv" --tariff flat-industrial --year 20x
is "a missing file is 66" gives 66 "$datahall" predict bill -i "$tmp/none.json"
is "a broken rate has a place" eval 'printf "{\n \"a\": }" >"$tmp/x.json"; gives 65 "$datahall" predict bill -i "$tmp/x.json" && says err "x.json:2"'

# reliability: every kind; what is missing or wrong has a place.
cat >"$tmp/rows.csv" <<'CSV'
name,kind,quantity,k,n,availability,mtbf_h,mttr_h,crews,standby,beta,failure_to_start,hours,measured
a,k-of-n,availability,2,3,0.99,,,,,,,,0.999702
"b, with comma",crews,,3,4,,13140,48,1,,,,,
c,two-paths,unavailability,,,,40000,12,,,0.05,,,
d,generators,,5,6,0.995,,,,,,0.0094,,
e,crews,up_h,5,6,,1100,24,1,cold,,,,
CSV
is "reliability, a quantity a row" eval 'predict reliability -i "$tmp/rows.csv" && says out "^name,kind,quantity,value,unit$" && says out "^a,k-of-n,availability,0.999702,1$" && says out "^\"b, with comma\",crews,down_h,48.35196597" && says out "^c,two-paths,unavailability,1.507667" && says out "^d,generators,probability,0.99702624" && says out "^e,crews,up_h,2236.666"'
is "reliability against measured values" eval 'predict reliability -i "$tmp/rows.csv" --json && says out "\"predicted\": 5" && says out "\"measured\": 1"'
is "an unknown kind is explained" eval 'printf "kind,k\nk-of-m,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict reliability -i "$tmp/x.csv" && says err "x.csv:2:1" && says err "kinds are"'
is "a missing figure is named" eval 'printf "kind,k,n\nk-of-n,1,2\n" >"$tmp/x.csv"; gives 65 "$datahall" predict reliability -i "$tmp/x.csv" && says err "needs mtbf_h"'
is "more needed than there are is refused" eval 'printf "kind,k,n,availability\nk-of-n,3,2,0.9\n" >"$tmp/x.csv"; gives 65 "$datahall" predict reliability -i "$tmp/x.csv" && says err "k not above n"'
is "a chain that would take days is refused" eval 'printf "kind,n,generator_kw,mtbf_h,load_kw,hours,bins,battery_kwh,battery_kw\nbackup,1000,10,1000,9000,8760,100000,100,100\n" >"$tmp/x.csv"; gives 65 timeout 20 "$datahall" predict reliability -i "$tmp/x.csv" && says err "2e10"'
is "a quantity that the kind has not is refused" eval 'printf "kind,quantity,k,n,availability\nk-of-n,goodput,1,2,0.9\n" >"$tmp/x.csv"; gives 65 "$datahall" predict reliability -i "$tmp/x.csv" && says err "no such quantity"'
is "goodput of a job in closed form" eval 'printf "kind,mtbf_s,write_s,restart_s,interval_s,drain_s,days\ngoodput,3600,10,30,261.70331270177846427,0,1\n" >"$tmp/x.csv"; predict reliability -i "$tmp/x.csv" && says out "^,goodput,ettr,0.91960920" && says out "^,goodput,interruptions,24,1$"'
# sizing: each kind; the figures themselves: tests/validation/planner.py.
is "sizing, a question a row" eval 'printf "name,kind,erlangs,max_waits,k,availability,min_availability,own,rent,demand,load_kw,limit_kw\ns,staffing,100,0.01,,,,,,,,\nr,redundancy,,,4,0.99,0.9999,,,,,\nq,reserve,,,,,,3,10,10:0.5;20:0.3;30:0.2,,\nb,battery,,,,,,,,,0:1000;36000:3000;50400:1000,2000\n" >"$tmp/x.csv"; predict sizing -i "$tmp/x.csv" && says out "^s,staffing,servers,12[0-9],1$" && says out "^r,redundancy,units,6,1$" && says out "^q,reserve,reserve,20,units$" && says out "^b,battery,battery_kwh,4000,kWh$"'
is "a law that there is not is explained" eval 'printf "kind,own,rent,law,mean\nreserve,1,2,cauchy,3\n" >"$tmp/x.csv"; gives 65 "$datahall" predict sizing -i "$tmp/x.csv" && says err "x.csv:2:13" && says err "normal|lognormal"'
is "a level that no battery keeps says which one can" eval 'printf "kind,load_kw,limit_kw\nbattery,0:1000;43200:3000,1500\n" >"$tmp/x.csv"; gives 65 "$datahall" predict sizing -i "$tmp/x.csv" && says err "2000 kW"'
is "sizing without a limit, with wrong steps or chances is refused" eval 'for row in "staffing,5,,,,," "battery,,,,,5:1;4:2,1" "reserve,,1,2,1:0.5;2:0.4,," "queue,9,,,,,"; do printf "kind,erlangs,own,rent,demand,load_kw,limit_kw\n%s\n" "$row" >"$tmp/x.csv"; gives 65 "$datahall" predict sizing -i "$tmp/x.csv" || return 1; done'
is "power, a row a measurement; what cannot be predicted says why" eval 'printf "gpu,n_gpus,workload,phase,watts,batch,throughput\nH100,1,meta-llama/Llama-3.1-8B-Instruct chat tp=1 dp=1 ep=1 bfloat16,LLM serving,560,32,3400 tok/s\nH100,1,nobody/Nothing tp=1 bfloat16,LLM serving,1,1,1 tok/s\nH100,8,x,training,1,1,1\nX1,1,x,idle,1,1,1\nB200,2,,idle,380,,\nH100,1,meta-llama/Llama-3.1-8B-Instruct int3,serving,1,1,1 tok/s\nH100,1,meta-llama/Llama-3.1-8B-Instruct fp8,serving,1,1,1 items/s\n" >"$tmp/x.csv"; predict power -i "$tmp/x.csv" && says out "^H100,1,meta-llama/Llama-3.1-8B-Instruct chat tp=1 dp=1 ep=1 bfloat16,LLM serving,560,32,3400 tok/s,5[0-9][0-9]" && says out "no such model" && says out "no model of this work" && says out "no such device" && says out "idle,380,,,384," && says out "no such number format" && says out "throughput in tok/s"'
is "power needs a workload" eval 'printf "gpu,phase\nH100,idle\n" >"$tmp/x.csv"; gives 65 "$datahall" predict power -i "$tmp/x.csv" && says err "workload"'
# inference: a service a row, four quantities with their bands; a row that cannot be predicted says why.
cat >"$tmp/served.csv" <<'CSV'
source,engine,model,gpu,n_gpus,tp,mode,precision,input_len,output_len,concurrency,prefill_cfg,decode_cfg,ttft_ms,tpot_ms,output_tok_s,e2e_ms
a@1,vllm 0.12.0,llama3-8b,H100,1,1,agg,bf16,1000,200,8,,,100,8,,
a@1,vllm 0.12.0,llama3-8b,H100,2,2,agg,bf16,1000,200,8,,,,6,,
b:2,trtllm 1.0,llama3-70b,B200,8,8,offline-max-throughput,fp8,1000,1000,max,,,,,20000,
b:2,sglang,deepseek-v3,B200,,,disagg,fp8,1024,1024,64,workers=1 tp=8 pp=1 dp=1 ep=8,workers=2 tp=8 pp=1 dp=1 ep=8,,12,,
c,vLLM,llama2-70b,A100,8,8,static-batch,fp16,512,128,4,,,,,,6000
c,vllm,nobody/knows-1b,H100,1,1,agg,bf16,10,10,1,,,,1,,
c,vllm,llama3-70b,H100,1,1,agg,bf16,10,10,1,,,,1,,
c,vllm,llama3-8b,H100,3,3,agg,bf16,10,10,1,,,,1,,
CSV
is "inference, a service a row" eval 'predict inference -i "$tmp/served.csv" && head -1 "$tmp/out" | grep -q ",predicted_ttft_ms,ttft_ms_low,ttft_ms_high,predicted_tpot_ms,tpot_ms_low,.*,predicted_output_tok_s,.*,predicted_e2e_ms,e2e_ms_low,e2e_ms_high,reason$" && says out "^c,vllm,nobody.*,the catalog has no such model$" && says out "do not fit the devices$" && says out "does not divide the heads$" && [ "$(grep -cE "[0-9],$" "$tmp/out")" = 4 ]'
is "inference against measured values, each quantity its own block" eval 'predict inference -i "$tmp/served.csv" --json && python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert d[\"rows\"] == 8 and d[\"predicted\"] == 5 and sum(x[\"rows\"] for x in d[\"not_predicted\"]) == 3
assert d[\"tpot_ms\"][\"measured\"] == 3 and d[\"tpot_ms\"][\"by_source\"][\"a\"][\"measured\"] == 2
assert d[\"ttft_ms\"][\"measured\"] == d[\"output_tok_s\"][\"measured\"] == d[\"e2e_ms\"][\"measured\"] == 1
" "$tmp/out"'
is "absurd numbers are refused" eval 'printf "gpu,engine,model,tp,output_len,concurrency,input_len\nH100,vllm,llama3-8b,1e12,10,1,1\nH100,vllm,llama3-8b,1,1e300,1,1\nH100,vllm,llama3-8b,-4,10,1,0\nH100,vllm,llama3-8b,1,nan,inf,x\n" >"$tmp/x.csv"; predict inference -i "$tmp/x.csv" && [ "$(grep -c "above 1e6" "$tmp/out")" = 2 ] && says out "output_len is missing"'
is "two devices are faster than one" eval 'predict inference -i "$tmp/served.csv" && awk -F, "NR == 2 { one = \$21 } NR == 3 { exit !(\$21 < one) }" "$tmp/out"'
is "inference without models is explained" eval 'printf "gpu,engine\nH100,vllm\n" >"$tmp/x.csv"; gives 65 "$datahall" predict inference -i "$tmp/x.csv" && says err "model"'
# pue: archetypes in a climate; each prediction is a run.
awk 'BEGIN { pi = atan2(0, -1); print "zone,hour,T_db_C,RH_pct,P_Pa"
  for (z = 0; z < 2; z++) for (h = 0; h < 8760; h++)
    printf "%s,%d,%.1f,%d,101000\n", z ? "warm" : "cool", h, 9 + 16 * z - 10 * cos(2 * pi * h / 8760) - 5 * cos(2 * pi * h / 24), 60 + 20 * cos(2 * pi * h / 24) }' | gzip >"$tmp/zones.csv.gz"
cat >"$tmp/sites.csv" <<'CSV'
size,cooling_system,climate_zone,PUE,quantile
Large-scale,Airside economizer& adiabatic cooling,warm,1.1,5th
Large-scale,Airside economizer& adiabatic cooling,warm,1.4,95th
Midsize,Air-cooled chiller,cool,1.7,
Small,Direct expansion system,9Z,1.9,
Small,Ice,cool,1.9,
CSV
mkdir "$tmp/kept"
is "pue, a row a data center; what cannot be predicted says why" eval 'predict pue -i "$tmp/sites.csv" --climate "$tmp/zones.csv.gz" --keep "$tmp/kept" && cp "$tmp/out" "$tmp/pue" && says out "^Large-scale,Airside economizer& adiabatic cooling,warm,large-airside-water,1\\.[12]" && says out "^Small,Direct expansion system,9Z,small-expansion,,,1.9,,climate zone not in --climate$" && says out "^Small,Ice,cool,,,,1.9,,no archetype"'
same_pue() { # what a run's JSON and the prediction's row say, to 1e-12
    gives 0 "$datahall" run "$tmp/kept/midsize-air-cool.xml" --no-output -q --json || return 1
    python3 - "$tmp/out" "$tmp/pue" <<'PY'
import json, sys
ran, row = json.load(open(sys.argv[1])), open(sys.argv[2]).read().split("\n")[3].split(",")
def find(tree, key):
    return tree[key] if key in tree else find(tree[key.split(".", 1)[0]], key.split(".", 1)[1])
ran = ran.get("summary", ran)
pue, wue = (find(ran, "energy." + k) for k in ("pue", "wue_l_per_kwh"))
pue, wue = (x["value"] if isinstance(x, dict) else x for x in (pue, wue))
sys.exit(abs(pue - float(row[4])) > 2e-11 or abs(wue - float(row[5])) > 2e-11)
PY
}
is "pue equals the run of the scenario that it keeps" same_pue
is "pue counts rows, reasons and the band" eval 'predict pue -i "$tmp/sites.csv" --climate "$tmp/zones.csv.gz" --json && says out "\"rows\": 5" && says out "\"predicted\": 3" && says out "\"coverage90\": 1" && says out "\"mape\"" && says out "\"by_source\"" && says out "climate zone not in"'
is "pue of an archetype by name" eval 'printf "archetype,climate_zone\nlarge-waterside,cool\nnowhere,cool\n" >"$tmp/x.csv"; predict pue -i "$tmp/x.csv" --climate "$tmp/zones.csv.gz" && says out "large-waterside,1\\.1" && says out "no such archetype"'
awk 'BEGIN { print "zone,hour,T_db_C,RH_pct"; for (i = 0; i < 1500; i++) print "z" i ",0,10,50" }' >"$tmp/many.csv"
is "a climate of too many zones is refused" eval 'gives 65 "$datahall" predict pue -i "$tmp/sites.csv" --climate "$tmp/many.csv" && says err "many.csv:1002:1: error: more than 1000 climate zones"'
is "pue without a climate says so in the row" eval 'predict pue -i "$tmp/x.csv" && says out "no climate"'
is "pue needs a system" eval 'printf "size,climate_zone\nSmall,cool\n" >"$tmp/x.csv"; gives 65 "$datahall" predict pue -i "$tmp/x.csv" && says err "cooling_system"'
# collective: names, words and columns of measurements; what is unknown says why.
cat >"$tmp/collectives.csv" <<'CSV'
source,system,nodes,gpus,op,bytes,time_us,notes
x,H100-SXM node,1,8,all_reduce,1073741824,4000,
x,H100-SXM node,1,8,AllReduce,1073741824,,
x,"2x8 H100, IB",2,16,all-gather,1048576,,
x,H100-SXM node,1,8,all_reduce,1024,5,vLLM custom all-reduce in CUDA graph
x,H100-SXM node,1,8,all_reduce,1024,16,
x,Abacus,1,8,all_reduce,1024,,
x,A100,1,8,gossip,1024,,
x,A100,1,8,all_reduce,,,
x,A100,1,1,all_reduce,1024,,
x,MI300X,2,16,all_reduce,1024,,
CSV
collective_rows() {
    predict collective -i "$tmp/collectives.csv" && python3 - "$tmp/out" <<'PY'
import csv, sys
r = list(csv.DictReader(open(sys.argv[1])))
t = [float(x["predicted_time_us"] or "nan") for x in r]
band = all(float(x["low"]) < y < float(x["high"]) for x, y in zip(r, t) if y == y)
sys.exit(not (band and 3500 < t[0] < 4500 and t[1] == t[0] and 60 < t[2] < 200 and 4 < t[3] < 6 and 14 < t[4] < 20))
PY
}
is "collectives by system, operation and notes" collective_rows
is "a collective without a prediction says why" eval 'says out ",the catalog has no interconnect of such a system$" && says out ",no such collective$" && says out ",bytes are missing" && says out ",gpus are missing" && says out ",the catalog has no network that"'
is "collectives against measured values" eval 'predict collective -i "$tmp/collectives.csv" --json && says out "\"predicted\": 5" && says out "\"measured\": 3" && says out "\"by_source\""'
is "collective needs a system" eval 'printf "op,gpus,bytes\nall_reduce,8,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict collective -i "$tmp/x.csv" && says err "system"'
# training: a run a row; what is left out is derived, what does not fit explains itself.
cat >"$tmp/runs.csv" <<'CSV'
source,model,gpu,n_gpus,seq_len,global_batch,micro_batch,tp,pp,vpp,sharding,recompute,precision,framework,network,measured_step_s,tokens_per_s_per_gpu
x,llama3-8b,H100-SXM-80G,8,8192,128,1,1,1,,zero1,none,bf16,NeMo 25.04,8x400G,,8000
x,llama3-8b,H100-SXM-80G,64,8192,1024,1,1,1,,zero1,none,bf16,NeMo 25.04,8x400G,17,
x,llama3-70b,H100-SXM-80G,64,8192,128,1,4,8,5,distributed-optimizer(zero1),none,fp8,something new,8x400G,,
x,llama3-70b,H100-SXM-80G,64,8192,128,,,,,distributed-optimizer(zero1),none,fp8,something new,8x400G,,
x,llama3-70b,H100-SXM-80G,63,8192,128,1,4,4,,zero1,none,fp8,NeMo,8x400G,,
x,no-such-model,H100-SXM-80G,8,8192,128,1,1,1,,zero1,none,fp8,NeMo,8x400G,,
x,llama3-8b,Abacus,8,8192,128,1,1,1,,zero1,none,fp8,NeMo,8x400G,,
CSV
training_rows() {
    predict training -i "$tmp/runs.csv" && python3 - "$tmp/out" <<'PY'
import csv, sys
r = list(csv.DictReader(open(sys.argv[1])))
t = [float(x["predicted_step_s"] or "nan") for x in r]
band = all(float(x["low"]) < y < float(x["high"]) for x, y in zip(r, t) if y == y)
# the same share on eight times the devices takes a little longer; a plan that is searched is no worse than one that is given
sys.exit(not (band and 10 < t[0] < 25 and t[0] < t[1] < 1.15 * t[0] and 5 < t[2] < 30 and t[3] <= t[2]))
PY
}
is "training steps by model, plan, device and software" training_rows
is "a training step without a prediction says why" eval 'says out ",the plan does not divide" && says out ",the row has no architecture" && says out ",the catalog has no such device$"'
is "training steps against measured values" eval 'predict training -i "$tmp/runs.csv" --json && says out "\"predicted\": 4" && says out "\"measured\": 2" && says out "\"by_source\""'
is "training steps of unknown software" eval 'predict training -i "$tmp/runs.csv" --stack default --json && says out "\"predicted\": 4" && gives 2 "$datahall" predict training -i "$tmp/runs.csv" --stack nonesuch && says err "no stack .nonesuch."'
is "a plan that does not fit names the tensors, the bytes and the nearest plan that fits" eval 'printf "model,gpu,n_gpus,seq_len,global_batch,micro_batch,tp,pp\nllama3-70b,H100,64,8192,128,1,1,1\n" >"$tmp/x.csv"; gives 65 "$datahall" predict training -i "$tmp/x.csv" --check-memory && says err "x.csv:2" && says err "optimizer states are the largest part, [0-9.]* GB" && says err "80.0 GB on each h100-sxm" && says err "the nearest plan that fits: "'
is "figures of runs that make no sense" eval 'printf "layers,hidden,heads,gpu,n_gpus,seq_len,global_batch,tp,pp,network,sharding\n1e9,1e9,7,H100,8,8192,128,1,1,99999999999x4G,zero1 group=99999999999\n32,4096,32,H100,1e18,8192,128,1,1,NVL99999999999,\n32,4096,32,H100,8,1e308,inf,1,1e9,,\n" >"$tmp/x.csv"; predict training -i "$tmp/x.csv" --json && says out "\"rows\": 3" && says out "\"predicted\": 0"'
is "a plan that fits passes" eval 'printf "model,gpu,n_gpus,seq_len,global_batch,micro_batch,tp,pp,sharding\nllama3-8b,H100,64,8192,128,1,8,1,zero1\n" >"$tmp/x.csv"; predict training -i "$tmp/x.csv" --check-memory'

# flows: two share a link, then one has it alone; every wrong input is one message with place and hint.
printf 'link_id,bandwidth_Bps,latency_s\n0,10,0\n7,5,0.5\n' >"$tmp/links.csv"
printf 'src,dst,links(ids)\n1,2,0\n1,3,0 7\n4,4,\n' >"$tmp/routes.csv"
printf 'name,src,dst,bytes,start\n"a, first",1,2,100,0\nb,1,2,50,0\n' >"$tmp/flows.csv"
flows() { predict flows --links "$tmp/links.csv" --routes "$tmp/routes.csv" -i "$@"; }
is "two flows share a link" eval 'flows "$tmp/flows.csv" && says out "^name,src,dst,bytes,start,finish$" && says out "^\"a, first\",1,2,100,0,15$" && says out "^b,1,2,50,0,10$"'
is "weights, caps and latency" eval 'printf "src,dst,bytes,weight,cap_Bps\n1,2,90,3,\n1,2,10,,\n" >"$tmp/x.csv"; flows "$tmp/x.csv" && says out "^1,2,90,3,,10$" && says out "^1,2,10,,,4$" && printf "src,dst,bytes,start,cap_Bps\n1,3,10,1,4\n4,4,0,3,\n" >"$tmp/x.csv" && flows "$tmp/x.csv" && says out "^1,3,10,1,4,4$" && says out "^4,4,0,3,,3$"'
is "flows against measured ends" eval 'printf "src,dst,bytes,start,finish\n1,2,100,0,15\n1,2,50,0,8\n" >"$tmp/x.csv"; flows "$tmp/x.csv" && says out "^src,dst,bytes,start,finish,predicted_finish$" && says out "^1,2,50,0,8,10$" && flows "$tmp/x.csv" --json && says out "\"rows\": 2" && says out "\"predicted\": 2" && says out "\"measured\": 2" && says out "\"max\": 25" && says out "\"mape\": 12.5"'
is "flows without a network are a usage error" eval 'gives 2 "$datahall" predict flows -i "$tmp/flows.csv" && says err "need --links"'
is "a missing network is 66" gives 66 "$datahall" predict flows -i "$tmp/flows.csv" --links "$tmp/none.csv" --routes "$tmp/routes.csv"
# refuses WORDS LINKS ROUTES FLOWS: the lines behind each header, as printf writes them; exit 65, one error, a hint.
refuses() {
    printf "link_id,bandwidth_Bps\n$2" >"$tmp/l.csv"
    printf "src,dst,links\n$3" >"$tmp/r.csv"
    printf "src,dst,bytes,start\n$4" >"$tmp/f.csv"
    gives 65 "$datahall" predict flows --links "$tmp/l.csv" --routes "$tmp/r.csv" -i "$tmp/f.csv" && says err "$1" && says err "hint" && [[ ! -s $tmp/out ]] && [[ $(grep -c 'error' "$tmp/err") == 1 ]]
}
is "a link of no capacity is refused" refuses 'l.csv:3:3.* 0, not above 0' '0,10\n1,0\n' '1,2,0\n' '1,2,5,0\n'
is "a capacity beyond which no end is a number is refused" eval 'printf "link_id,bandwidth_Bps\n0,1e-300\n" >"$tmp/l.csv"; gives 65 "$datahall" predict flows --links "$tmp/l.csv" --routes "$tmp/routes.csv" -i "$tmp/flows.csv" && says err "l.csv:2:3"'
is "a negative capacity is refused" refuses 'l.csv:2:3.*-5, not above 0' '0,-5\n' '1,2,0\n' '1,2,5,0\n'
is "a link described twice is refused" refuses 'l.csv:3.*described twice' '0,10\n0,10\n' '1,2,0\n' '1,2,5,0\n'
is "an unknown link is refused" refuses 'r.csv:2:5.*no link 3' '0,10\n' '1,2,0 3\n' '1,2,5,0\n'
is "a link that is no number is refused" refuses 'r.csv:2:5.*not all numbers' '0,10\n' '1,2,0 x\n' '1,2,5,0\n'
is "a route that takes a link twice is refused" refuses 'r.csv:2:5.*link 0 twice' '0,10\n' '1,2,0 0\n' '1,2,5,0\n'
is "a route of no links is refused" refuses 'r.csv:2:5.*no links' '0,10\n' '1,2,\n' '1,2,5,0\n'
is "two routes between two hosts are refused" refuses 'r.csv:3.*two routes' '0,10\n1,10\n' '1,2,0\n1,2,1\n' '1,2,5,0\n'
is "a flow without a route is refused" refuses 'f.csv:3:1.*no route leads from 2 to 1' '0,10\n' '1,2,0\n' '1,2,5,0\n2,1,5,0\n'
is "a flow of negative bytes is refused" refuses 'f.csv:2:5.*-5 bytes' '0,10\n' '1,2,0\n' '1,2,-5,0\n'
# Without routes the links themselves say where they lead.
# alone WORDS LINKS FLOWS: the same without --routes, on links of levels.
alone() {
    printf "link_id,bandwidth_Bps,from_level,from_pos,to_level,to_pos\n$2" >"$tmp/l.csv"
    printf "src,dst,bytes\n$3" >"$tmp/f.csv"
    gives 65 "$datahall" predict flows --links "$tmp/l.csv" -i "$tmp/f.csv" && says err "$1" && says err "hint" && [[ ! -s $tmp/out ]] && [[ $(grep -c 'error' "$tmp/err") == 1 ]]
}
two_hosts='0,10,0,1,1,0\n1,10,1,0,0,2\n'
is "links that say what they join need no routes" eval 'printf "link_id,bandwidth_Bps,from_level,from_pos,to_level,to_pos\n$two_hosts" >"$tmp/l.csv" && predict flows --links "$tmp/l.csv" -i "$tmp/flows.csv" && says out "^\"a, first\",1,2,100,0,15$" && says out "^b,1,2,50,0,10$"'
is "a ring of nodes passes on what is not for it" eval 'printf "link_id,bandwidth_Bps,latency_s,from,to\n0,10,1,0,1\n1,5,1,1,2\n2,10,1,2,0\n" >"$tmp/l.csv" && printf "src,dst,bytes\n0,2,10\n2,0,10\n1,1,9\n" >"$tmp/f.csv" && predict flows --links "$tmp/l.csv" -i "$tmp/f.csv" && says out "^0,2,10,4$" && says out "^2,0,10,2$" && says out "^1,1,9,0$"'
is "an unreachable host is refused" alone 'f.csv:2:1.*no route leads from 2 to 1' "$two_hosts" '2,1,5\n'
is "hosts pass nothing on" alone 'f.csv:3:1.*no route leads from 1 to 3' "${two_hosts}2,10,0,2,1,1\n3,10,1,1,0,3\n" '1,2,5\n1,3,5\n'
is "an unknown host is refused" alone 'f.csv:2:1.*no host 7' "$two_hosts" '1,7,5\n'
is "a link that leads back is refused" alone 'l.csv:4:12.*link 2 leads back' "${two_hosts}2,10,1,0,1,0\n" '1,2,5\n'
is "a link of no capacity is refused without routes" alone 'l.csv:3:3.* 0, not above 0' '0,10,0,1,1,0\n1,0,1,0,0,2\n' '1,2,5\n'
is "links that lead nowhere need routes" eval 'gives 65 "$datahall" predict flows -i "$tmp/flows.csv" --links "$tmp/links.csv" && says err "no column says where links lead" && says err "hint.*--routes"'
# A topology in words, and what fails: a link for a while, one spine for good, the other until 7 s.
words='fat-tree hosts-per-leaf=2 units=2 rate=10B/s'
printf 'src,dst,bytes,start\n0,2,40,0\n1,3,40,0\n' >"$tmp/two.csv"
printf 'level,position,link_id,down_s,up_s\n,,8,1,2\n1,3,,3,\n1,2,,4,7\n' >"$tmp/fail.csv"
is "flows over a topology in words" eval 'predict flows --topology "$words" -i "$tmp/two.csv" && says out "^0,2,40,0,4$" && says out "^1,3,40,0,4$"'
is "flows go around what fails, then wait" eval 'predict flows --topology "$words" --failures "$tmp/fail.csv" -i "$tmp/two.csv" && says out "^0,2,40,0,10$" && says out "^1,3,40,0,10$" && predict flows --topology "$words" --failures "$tmp/fail.csv" -i "$tmp/two.csv" --json && says out "\"delivered\": 80" && says out "\"rerouted\": 3" && says out "\"stalled\": 2"'
is "flows that never end have no end, and their bytes are told" eval 'printf "link_id,down_s\n0,1\n" >"$tmp/x.csv" && predict flows --topology "$words" --failures "$tmp/x.csv" -i "$tmp/two.csv" && says out "^0,2,40,0,$" && predict flows --topology "$words" --failures "$tmp/x.csv" -i "$tmp/two.csv" --json && says out "\"predicted\": 1" && says out "\"delivered\": 50" && says out "\"left\": 30"'
is "links of a file fail like those of a topology" eval 'printf "link_id,bandwidth_Bps,from_level,from_pos,to_level,to_pos\n0,10,0,1,1,0\n1,10,1,0,0,2\n2,5,1,0,2,0\n3,5,2,0,0,2\n" >"$tmp/l.csv" && printf "src,dst,bytes\n1,2,40\n" >"$tmp/f.csv" && printf "link_id,down_s,up_s\n1,1,2\n" >"$tmp/x.csv" && predict flows --links "$tmp/l.csv" --failures "$tmp/x.csv" -i "$tmp/f.csv" && says out "^1,2,40,7$"'
is "adaptive routes avoid each other" eval 'predict flows --topology "$words" --routing adaptive -i "$tmp/two.csv" && says out "^0,2,40,0,4$" && says out "^1,3,40,0,4$"'
is "an unknown way is a usage error" eval 'gives 2 "$datahall" predict flows --topology "$words" --routing best -i "$tmp/two.csv" && says err "destination, hash or adaptive"'
# spoiled WORDS MESSAGE: a topology that is none: exit 65, one error.
spoiled() { gives 65 "$datahall" predict flows --topology "$1" -i "$tmp/two.csv" && says err "$2" && [[ ! -s $tmp/out ]] && [[ $(grep -c 'error' "$tmp/err") == 1 ]]; }
is "an oversubscription below 1 is refused" spoiled 'fat-tree hosts-per-leaf=4 units=2 oversubscription=0.5 rate=1GB/s' 'oversubscription is below 1'
is "an oversubscription of 0 is refused" spoiled 'fat-tree hosts-per-leaf=4 units=2 oversubscription=0 rate=1GB/s' 'oversubscription is below 1'
is "an oversubscription that divides no link is refused" spoiled 'fat-tree hosts-per-leaf=4 units=2 oversubscription=3 rate=1GB/s' 'no whole number'
is "a topology without a rate is refused" spoiled 'fat-tree hosts-per-leaf=4 units=2' 'no rate above 0'
is "an unknown topology is refused" spoiled 'butterfly' 'no topology .butterfly'
is "an unknown word of a topology is refused" spoiled 'torus sizes=3x3' 'no .sizes'
is "a rate without a unit is refused" spoiled 'torus size=3x3 rate=5' 'E-UNIT'
is "a topology of 16 million links is refused" spoiled 'mesh sites=4096 rate=1GB/s' 'has 16773120 links'
is "a host beyond a topology is refused" spoiled 'mesh sites=3 rate=1GB/s' 'no host 3'
# outages WORDS ROWS: what cannot fail so: exit 65, one error.
outages() {
    printf "link_id,level,position,down_s,up_s\n$2" >"$tmp/x.csv"
    gives 65 "$datahall" predict flows --topology "$words" --failures "$tmp/x.csv" -i "$tmp/two.csv" && says err "$1" && [[ ! -s $tmp/out ]] && [[ $(grep -c 'error' "$tmp/err") == 1 ]]
}
is "an unknown link cannot fail" outages 'x.csv:2:1.*no link 99' '99,,,1,2\n'
is "an unknown node cannot fail" outages 'x.csv:2:4.*no node 4 of level 1' ',1,4,1,2\n'
is "what fails is named" outages 'x.csv:2.*neither a link nor a node' ',,,1,2\n'
is "a repair is after its failure" outages 'x.csv:2:7.*repaired before' '0,,,2,1\n'
is "outages of one link do not overlap" outages 'fails again' '0,,,1,5\n0,,,3,7\n'
is "given routes cannot change" gives 2 "$datahall" predict flows --links "$tmp/links.csv" --routes "$tmp/routes.csv" --failures "$tmp/fail.csv" -i "$tmp/flows.csv"
is "bytes that are no number are refused" eval '! refuses x "0,10\n" "1,2,0\n" "1,2,nan,0\n"; gives 65 "$datahall" predict flows --links "$tmp/l.csv" --routes "$tmp/r.csv" -i "$tmp/f.csv" && says err "f.csv:2:5"'
done_testing
