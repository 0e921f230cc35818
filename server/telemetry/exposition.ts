/**
 * Metrics in Prometheus' text format, by OpenTelemetry's own reader and serializer. Loaded at the first scrape. The families
 * are a MetricProducer beside the SDK's meters; there is no second HTTP server.
 */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  MeterProvider,
  type MetricData,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Family, HistogramSeries, NumberSeries } from './series.ts';

/** Gives the text of one scrape. */
export type Exposition = () => Promise<string>;

type HrTime = DataPoint<number>['endTime'];

/** Makes the exposition of families. `refresh` is called before each scrape, for what is only read then. */
export function createExposition(families: readonly Family[], version: string, refresh: () => void): Exposition {
  const resource = resourceFromAttributes({ 'service.name': 'kanmon', 'service.version': version });
  const began = hrTime(Date.now());
  const producer = {
    collect() {
      const metrics = families.map((family) => toMetricData(family, began, hrTime(Date.now()))).filter(hasPoints);
      const resourceMetrics: ResourceMetrics = { resource, scopeMetrics: [{ scope: { name: 'kanmon' }, metrics }] };
      return Promise.resolve({ resourceMetrics, errors: [] });
    },
  };
  const reader = new PulledReader({ metricProducers: [producer] });
  new MeterProvider({ resource, readers: [reader] }); // Binds the reader.
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return async () => {
    refresh();
    const { resourceMetrics } = await reader.collect();
    return serializer.serialize(resourceMetrics);
  };
}

/** Collects when it is asked, and never by itself. */
class PulledReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

function hasPoints({ dataPoints }: MetricData): boolean {
  return dataPoints.length > 0; // A family without series has nothing to show yet.
}

function toMetricData(family: Family, startTime: HrTime, endTime: HrTime): MetricData {
  const { name, description, unit } = family;
  const base = {
    descriptor: { name, description, unit, valueType: 1 }, // ValueType.DOUBLE; the serializer does not look.
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const point = { startTime, endTime };
  if (family.kind === 'histogram') {
    const dataPoints = Array.from(family.series(), (series) => ({
      ...point,
      ...histogramPoint(series, family.bounds),
    }));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = Array.from(family.series(), (series) => ({ ...point, ...numberPoint(series) }));
  return family.kind === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}

function numberPoint({ labels, value }: NumberSeries) {
  return { attributes: { ...labels }, value };
}

function histogramPoint({ labels, counts, sum, count }: HistogramSeries, bounds: readonly number[]) {
  return {
    attributes: { ...labels },
    value: { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count },
  };
}

function hrTime(wallMs: number): HrTime {
  return [Math.floor(wallMs / 1000), (wallMs % 1000) * 1e6];
}
