// Bars by month. Amounts are read as numbers here, only to draw them; the table beside says them exactly.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Bar {
  label: string;
  value: string;
  text: string;
}

export function Bars(props: { bars: Bar[]; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => {
      const probe = document.createElement("span");
      probe.style.color = `var(${name})`;
      element.append(probe);
      const found = getComputedStyle(probe).color;
      probe.remove();
      return found;
    };
    const [ink, line, fill] = [colour("--ink-soft"), colour("--line"), colour("--bar-1")];
    const font = `12px ${style.fontFamily}`;
    const positions = props.bars.map((_, index) => index);
    const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const drawn = new uPlot(
      {
        width: Math.max(element.clientWidth, 200),
        height: 170,
        cursor: { show: false },
        legend: { show: false },
        scales: { x: { time: false, range: [-0.6, props.bars.length - 0.4] }, y: { range: (_, low, high) => [Math.min(low, 0), high || 1] } },
        axes: [
          { ...axis, size: 28, grid: { show: false }, splits: positions, values: () => props.bars.map((bar) => bar.label) },
          { ...axis, size: 64 },
        ],
        series: [{}, { stroke: fill, fill, paths: uPlot.paths.bars!({ size: [0.6, 44] }), points: { show: false } }],
      },
      [positions, props.bars.map((bar) => Number(bar.value))],
      element,
    );
    const resized = new ResizeObserver(() => drawn.setSize({ width: Math.max(element.clientWidth, 200), height: 170 }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
  }, [props.bars]);
  const told = props.bars.map((bar) => `${bar.label} ${bar.text}`).join(", ");
  return <div class="chart" ref={place} role="img" aria-label={`${props.label}: ${told}`} />;
}
