#!/usr/bin/env bash
# Drives the real window under Xvfb with xdotool on a real CT and compares `status --json` after each key. Run by hand:
#   tests/drive_window.sh target/release/voxaudit [folder for screenshots]
# Needs Xvfb, xdotool, imagemagick, python3 and ../shared/data; says so and stops without them. The same flows run without a display in
# tests/window.rs; this one shows that the program's own window, its keyboard path and its event loop do as well.
set -euo pipefail
program=$(realpath "${1:?path of the voxaudit binary}")
shots=$(realpath -m "${2:-/tmp/voxaudit-window}")
shared=${VOXAUDIT_SHARED:-$(dirname "$0")/../../shared}/data/totalsegmentator-example
for tool in Xvfb xdotool import python3; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
[ -d "$shared" ] || { echo "skipped: $shared is not there"; exit 0; }

work=$(mktemp -d)
mkdir -p "$shots" "$work/run"
chmod 700 "$work/run"
export VOXAUDIT_CONFIG_DIR=$work/config XDG_RUNTIME_DIR=$work/run DISPLAY=:83
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
mkdir -p "$work/images" "$work/masks"
cp "$shared/example_ct_sm.nii.gz" "$work/images/example_ct_sm.nii.gz"
cp "$shared/example_seg.nii.gz" "$work/masks/example_ct_sm.nii.gz"
cat >"$work/qa.json" <<'JSON'
{"example_ct_sm.nii.gz": {"qa_pairs": [
  {"question": "On which side of the body is the liver?", "answer": "Right.", "task": "DIR"},
  {"question": "Is the spleen left of the aorta?", "answer": "Yes.", "task": "DIR"},
  {"question": "Which is larger, the liver or the spleen?", "answer": "The spleen.", "task": "COMP"},
  {"question": "Does the left kidney lie above the right kidney?", "answer": "Yes.", "task": "DIR"},
  {"question": "How far is the stomach from the spleen?", "answer": "Adjacent.", "task": "DIST"}
]}}
JSON
project=$work/real.voxaudit
"$program" import "$project" --qa "$work/qa.json" --images "$work/images" --masks "$work/masks" >/dev/null

Xvfb :83 -screen 0 1920x1080x24 >/dev/null 2>&1 &
display=$!
sleep 1
"$program" open "$project" --reviewer "Ann Example" >"$work/log" 2>&1 &
viewer=$!
for _ in $(seq 60); do
    window=$(xdotool search --name '^voxaudit' 2>/dev/null | tail -1) && [ -n "$window" ] && break
    sleep 0.5
done
xdotool windowsize "$window" 1920 1080 windowfocus "$window" mousemove 1500 700
sleep 4

shot() { import -window root "$shots/$1.png"; }
counts() {
    "$program" status "$project" --json | python3 -c '
import json, sys
r = json.load(sys.stdin)["review"]
print(*(r[k] for k in ("undecided", "accepted", "edited", "rejected", "flagged")))'
}
expect() { # what, counts
    local got=
    for _ in $(seq 40); do
        got=$(counts)
        [ "$got" = "$2" ] && { echo "ok: $1: $got"; return; }
        sleep 0.25
    done
    echo "FAILED: $1: $got instead of $2"
    shot failed
    exit 1
}

expect "nothing is decided at first" "5 0 0 0 0"
shot 1-open
xdotool key a
expect "A accepts" "4 1 0 0 0"
xdotool key r && sleep 0.5
shot 2-reject
xdotool key 4
expect "R 4 rejects" "3 1 0 1 0"
xdotool key e && sleep 1 && xdotool key ctrl+a && xdotool type "The liver." && sleep 0.5
shot 3-edit
xdotool key ctrl+Return && sleep 0.7
expect "an edit without a reason is not saved" "3 1 0 1 0"
xdotool key 7
expect "its reason saves it" "2 1 1 1 0"
xdotool key f
expect "F flags" "2 1 1 1 1"
xdotool mousemove 104 121 click 1 && sleep 0.7
shot 4-flagged-only
xdotool click 1 && sleep 0.3 && xdotool mousemove 1500 700
xdotool key ctrl+z
expect "undo takes the flag back" "2 1 1 1 0"
xdotool key ctrl+z
expect "undo takes the edit back" "3 1 0 1 0"
xdotool key ctrl+shift+z
expect "redo puts it back" "2 1 1 1 0"
xdotool key ctrl+f && sleep 0.5 && xdotool type "kidney" && sleep 1.5
shot 5-search
xdotool key Escape && sleep 0.3 && xdotool mousemove 500 300 && sleep 0.3
for _ in 1 2 3; do xdotool click 4; sleep 0.2; done
xdotool key 2 && sleep 1
shot 6-scrolled-lung-window
xdotool key h && sleep 0.5 && xdotool key h && xdotool key o && sleep 0.7
shot 7-outline
xdotool key question && sleep 1
shot 8-keys
xdotool key Escape && sleep 0.3
expect "looking changes nothing" "2 1 1 1 0"
xdotool key n && sleep 1 && xdotool key g && sleep 2
shot 9-evidence
xdotool key Escape && sleep 0.3 && xdotool key a
expect "A after looking at evidence" "1 2 1 1 0"
kill "$display"
if wait "$viewer"; then echo "FAILED: a window without a display ended as if closed"; exit 1; fi
# Ours, or Xlib's own when it notices first and ends the program itself.
grep -qE "the display is gone|X connection to" "$work/log" || { echo "FAILED: no line about the display:"; cat "$work/log"; exit 1; }
grep -q panicked "$work/log" && { echo "FAILED: it panicked:"; cat "$work/log"; exit 1; }
"$program" verify "$project"
echo "screenshots in $shots"
