export declare function recordedLines(seed: number, steps: number): string[];
