using Lab.Harness.Load;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>A change of traders that ended with a sale (<see cref="ElectionTimes.AfterLoss"/>), as archives keep it.</summary>
internal static class ElectionTimesExtensions
{
    extension(ElectionTimes times)
    {
        /// <summary>From the loss to the first sale, in microseconds.</summary>
        public long DurationUs => times.SoldUs!.Value - times.BeganUs;

        /// <summary>The parts; together they are the duration.</summary>
        public IReadOnlyList<PhaseTime> Phases =>
        [
            new(TradingPostModule.Detection, times.DetectionUs!.Value),
            new(TradingPostModule.Agreement, times.AgreementUs),
            new(TradingPostModule.FirstSale, times.FirstSaleUs!.Value),
        ];

        /// <summary>The moments, from the loss on.</summary>
        public IReadOnlyList<TimedEvent> Moments =>
        [
            new(TradingPostModule.Killed, 0),
            new(TradingPostModule.Noticed, times.NoticedUs!.Value - times.BeganUs),
            new(TradingPostModule.Trades, times.TradesUs - times.BeganUs),
            new(TradingPostModule.FirstSale, times.DurationUs),
        ];
    }
}
